"""Tests of documents in every format."""
