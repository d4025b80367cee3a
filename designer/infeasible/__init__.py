"""Why there is no design: minimal conflicts, closest misses, smallest repairs."""
