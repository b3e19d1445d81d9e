"""From attention to gene networks: what is averaged over cells, how it is normalised, which way it points."""
