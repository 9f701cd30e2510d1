"""ODS: whether a practice is open."""
