"""What a method costs as cells and genes grow: points measured one by one, a power law, and its table."""
