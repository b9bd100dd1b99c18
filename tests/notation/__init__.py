"""Tests of formulas on paper."""
