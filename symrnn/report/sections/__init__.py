"""Sections of documents: each makes the blocks of one, from what the ledger has certified."""
