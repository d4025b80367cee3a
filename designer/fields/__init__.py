"""Fields of the files: how they are written, with their units, and which quantities they become."""
