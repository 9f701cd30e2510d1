"""The surgeries: one adapter per supplier, and the directory that knows who uses which."""
