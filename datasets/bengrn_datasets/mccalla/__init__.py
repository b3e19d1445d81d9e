"""McCalla et al. 2023: gold standards and expression of stem cells, dendritic cells and yeast."""
