"""The exceptions of symrnn: one above all, and two below it, by whose fault it is.

Every exception that is raised for a user to read is a ``SymrnnError``; by that base the command line knows
its own. What a person gave is an ``InputError``, a ``ValueError`` too; what the system refused, a full disk
or a PDF engine that is not there, is a ``SystemRefusal``, a ``RuntimeError`` too. Each package has a class
of its own for each thing that can be wrong; the message names what was found and what would be accepted.
"""


class SymrnnError(Exception):
    """Above every exception of symrnn.

    Whatever a message quotes, and however much of it, the message stays short: its middle is left out, for at
    its end it says what is accepted.
    """

    longest = 800

    def __str__(self) -> str:
        words = super().__str__()
        if len(words) <= self.longest:
            return words
        return f"{words[: self.longest * 2 // 3]} … {words[-self.longest // 3 :]}"


class InputError(SymrnnError, ValueError):
    """Something that was given cannot be used; the message says what could be."""


class SystemRefusal(SymrnnError, RuntimeError):
    """The system refused something that was to be done; the message says what would help."""
