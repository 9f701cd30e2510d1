"""The kit inside web frameworks, one file each."""
