"""The words that everyone here speaks: pure values, no I/O."""
