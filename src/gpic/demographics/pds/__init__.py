"""The Personal Demographics Service."""
