"""Tests of the numeric interface and of generated code."""
