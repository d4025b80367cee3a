"""Families of models: what their configurations leave unsaid, or say in words of their own."""
