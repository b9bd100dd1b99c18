"""``python -m symrnn``: the command line."""

import sys

from symrnn.cli import main

if __name__ == "__main__":
    sys.exit(main())
