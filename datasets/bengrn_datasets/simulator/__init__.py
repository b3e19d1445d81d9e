"""Own simulator of the SERGIO equations: steady state, differentiation, technical noise."""
