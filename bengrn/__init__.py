"""bengrn: the benchmark of gene-network inference."""
