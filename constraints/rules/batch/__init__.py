"""Rules of a batch job: requests that are all there at the start. They replace those of a serving fleet."""
