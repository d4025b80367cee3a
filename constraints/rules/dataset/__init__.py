"""Rules of training that is fed from a data set: storage and preparation may hold the devices up."""
