"""The seals: keys, signing, verifying."""
