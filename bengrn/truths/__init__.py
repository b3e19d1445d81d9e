"""Bringing a network and a truth onto the same pairs."""
