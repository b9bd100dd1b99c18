"""Typesetting: one layout tree of a formula, one scene of a graph, and an emitter for each backend."""
