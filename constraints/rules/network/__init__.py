"""Rules of data-parallel training of a network known by its totals per sample, such as a CNN."""
