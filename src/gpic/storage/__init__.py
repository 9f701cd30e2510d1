"""The cabinets: where ports keep things."""
