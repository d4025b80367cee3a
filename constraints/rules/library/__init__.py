"""Formulas with their own input names, called from other rules or from the command line."""
