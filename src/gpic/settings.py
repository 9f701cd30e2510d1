"""Environment and TOML become one frozen Settings."""
