"""TPP SystmOne."""
