"""What a document says block by block, its words in each language, and how formats and engines lay it out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
