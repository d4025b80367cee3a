"""A service whose prompts and answers have machines of their own, as a whole."""
