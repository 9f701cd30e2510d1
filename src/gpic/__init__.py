"""How NHS login creates and retrieves GP credentials."""
