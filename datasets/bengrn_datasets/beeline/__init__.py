"""BEELINE: simulated and real sets, each with its gold standard."""
