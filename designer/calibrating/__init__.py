"""Calibration: the catalog's efficiency parameters fitted to a user's own measurements."""
