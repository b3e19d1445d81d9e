"""Genome-wide Perturb-seq of K562 cells (Replogle et al. 2022)."""
