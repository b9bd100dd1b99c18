"""Tests that look at pages in a real browser."""
