"""Whether known gene sets stand out in a network: its regulators, its targets, its cell type."""
