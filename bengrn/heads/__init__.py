"""Choosing among the heads of a method by a truth, and never scoring what was learnt from."""
