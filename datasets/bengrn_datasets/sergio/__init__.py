"""Simulated cells whose network is known, by the equations of SERGIO."""
