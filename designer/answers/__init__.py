"""Answers as records: what every verb returns and `--json` prints."""
