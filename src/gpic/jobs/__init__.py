"""The queue: the engine's job port on real databases."""
