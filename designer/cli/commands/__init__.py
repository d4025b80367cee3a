"""One file a family of commands; each is found by its being here."""
