"""Machines that write answers over a cache that is handed to them."""
