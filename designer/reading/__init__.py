"""Reading a scenario: one kind of part a file; `designer.loading` puts them together."""
