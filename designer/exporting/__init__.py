"""From an answer to launch files: one file of `targets` for each launcher, data in, text out."""
