"""Prior networks: what databases and the literature list."""
