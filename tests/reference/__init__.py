"""Hand-written references, independent of the package under test."""
