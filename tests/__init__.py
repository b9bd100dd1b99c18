"""Tests of symrnn."""
