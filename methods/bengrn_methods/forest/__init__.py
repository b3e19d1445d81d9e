"""The engine of the forests: features coded once for all targets, trees compiled, threads over targets."""
