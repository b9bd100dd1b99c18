"""The language: a closed set of tensor nodes with named axes, how they are put together, their entries.

Nodes are closed, operations open. A new node is a class in ``nodes`` or ``calculus`` that fixes its shape,
and one case in each interpreter: what it is worth (``witness.interpret``), its entries (``entries``), its
layout, how tightly it holds together and which way a vector of it stands (``notation``), how it is built
again (``replace``), its row form if it has code (``numeric``); and a rule that differentiates it. No
interpreter has a default: ``tests/test_contracts.py`` asks each of them about each node, and a forgotten
case is an error that names the node.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
