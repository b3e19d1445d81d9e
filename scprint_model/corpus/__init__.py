"""Cells for training: a memory-mapped corpus, how it is built, drawn from, and made into batches."""
