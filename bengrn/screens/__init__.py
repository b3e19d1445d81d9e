"""Perturbation screens, and the truths that they make."""
