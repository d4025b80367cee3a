"""One design, or a grid of designs, by the rules alone: no search and no solver."""
