"""Golden files: the committed reports are what the code makes."""
