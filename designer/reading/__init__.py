"""Reading a scenario: one kind of part a file; `designer.reading.loading` puts them together."""
