"""The pictures there are: one file each, data in, a drawing out."""
