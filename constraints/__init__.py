"""The physics: one pure function for each quantity, and what is derived from them."""
