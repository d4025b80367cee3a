"""Predictions against published measurements: reading tables, predicting their rows, scoring."""
