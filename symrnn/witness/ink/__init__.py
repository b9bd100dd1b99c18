"""The reader of printed mathematics: tokens, parser, symbols and the rules of matrices on paper."""
