"""How formulas stand on paper: layout trees, the emitters of each format, and the graph of a network."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
