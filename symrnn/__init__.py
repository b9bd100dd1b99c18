"""symrnn: derive, verify and typeset gradients of recurrent networks; what is printed is what was checked."""

__version__ = "0.1.0"
