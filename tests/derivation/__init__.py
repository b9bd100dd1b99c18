"""Tests of rules and derivations."""
