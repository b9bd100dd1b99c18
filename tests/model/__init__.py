"""Tests of cells and networks."""
