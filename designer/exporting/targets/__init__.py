"""Launchers: a module here declares its `TARGET`, and nothing else has to know of it."""
