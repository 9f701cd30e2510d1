"""MNS: what changed on PDS, as signals that say "go and look"."""
