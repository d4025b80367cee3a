"""Many scenarios in one run: axes over a base scenario, answered in groups, kept in a Parquet dataset."""
