"""Generated code: it says what it computes, computes it, and can be compiled as it is."""
