"""Hostile text, hostile templates, engines that are stopped: nothing is read or run, no half files."""
