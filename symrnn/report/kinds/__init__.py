"""Kinds of report: each is one builder, from a job to a document.

A builder may print only what a ledger has certified: it hands derivations and equations to the ledger and
gets them back, or an error that names the step.
"""
