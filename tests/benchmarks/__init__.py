"""Measurements of what symrnn costs, printed as tables; none of them is a test, none asserts on time."""
