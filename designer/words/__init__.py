"""How things are said: numbers with their units, tables of text, labels."""
