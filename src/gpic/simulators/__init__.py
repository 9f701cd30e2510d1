"""The stand-ins: GP systems, PDS and the world they share. Nothing here is the real service."""
