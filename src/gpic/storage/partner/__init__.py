"""The partner kit's cabinets."""
