"""Tests of jobs and their reports."""
