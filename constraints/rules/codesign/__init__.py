"""Rules of scenarios that price a hypothetical part by what it offers."""
