"""The partner kit: what an IM1 supplier puts into its service."""
