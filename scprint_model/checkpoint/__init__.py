"""Weights on disk: our own folder, official files read and never written, and names on the hub."""
