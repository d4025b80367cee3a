"""The shipped scenarios: one YAML file each, declarations only.

A regular package, so that a folder named `scenarios` where you work does not hide them.
"""
