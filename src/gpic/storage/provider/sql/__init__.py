"""The cabinets in SQL, one file each; the same statements serve SQLite and PostgreSQL."""
