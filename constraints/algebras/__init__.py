"""What a rule body can be run on: floats and arrays, symbols, signs, intervals, and units."""
