"""Cells drawn at random: every law must hold for them as well."""
