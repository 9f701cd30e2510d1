"""The pages of the provider."""
