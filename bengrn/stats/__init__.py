"""Uncertainty and null models of network scores."""
