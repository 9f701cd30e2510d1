"""The stage: brings all roles up in one process."""
