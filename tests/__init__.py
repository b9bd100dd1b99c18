"""Tests of symrnn."""

from pathlib import Path

ROOT = Path(__file__).parents[1]  # of the checkout
FRESH_SEED = "RANDOM_CELLS_SEED"  # the variable that says by which seed this run draws what is fresh
