"""Tests of what expressions are worth, and of ink read back."""
