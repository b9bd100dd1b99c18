"""From a job to files, all of them or none.

``job`` reads and checks a job file, ``material`` makes what it asks to derive, ``ledger`` has everything
certified that is to be printed. A document is composed by one of ``kinds`` out of ``sections``; those put
certified objects into blocks (``compose``, ``forms``) and sentences (``wording``), and draw the answers of an
exercise through the ``veil``. ``report`` typesets, ``output`` writes; ``variants`` does it for every student.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
