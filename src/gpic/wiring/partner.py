"""The partner kit, put together."""
