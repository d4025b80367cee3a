"""Views of results: text for a terminal. One format a file."""
