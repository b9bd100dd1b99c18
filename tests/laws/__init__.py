"""Laws: they run on every cell file."""
