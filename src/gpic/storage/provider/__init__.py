"""The provider's cabinets."""
