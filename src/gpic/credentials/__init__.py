"""The engine: what can happen to a person's GP credentials, one file each. It decides; it does no I/O of its own."""
