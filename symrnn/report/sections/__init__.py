"""Sections of documents: each makes the blocks of one, from what the ledger has certified.

What ``section`` returns is what the reference prints; handouts and slides take parts of it.
"""
