"""Truths out of real perturbation screens."""
