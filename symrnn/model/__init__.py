"""From a cell file to an ordered network: TOML, parser, layers, names and stated conventions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
