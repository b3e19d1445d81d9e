"""Training: one loop, its configuration, its state on disk, and what it writes down."""
