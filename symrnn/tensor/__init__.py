"""The language: a closed set of tensor nodes with named axes, how they are put together, their entries."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
