"""The exceptions of symrnn: one above all, and two below it, by whose fault it is.

Every exception that is raised for a user to read is a ``SymrnnError``; by that base the command line knows
its own. What a person gave is an ``InputError``, a ``ValueError`` too; what the system refused, a full disk
or a PDF engine that is not there, is a ``SystemRefusal``, a ``RuntimeError`` too. Each package has a class
of its own for each thing that can be wrong; the message names what was found and what would be accepted.
"""


class SymrnnError(Exception):
    """Above every exception of symrnn."""


class InputError(SymrnnError, ValueError):
    """Something that was given cannot be used; the message says what could be."""


class SystemRefusal(SymrnnError, RuntimeError):
    """The system refused something that was to be done; the message says what would help."""
