"""Machines that read prompts and hand over their cache."""
