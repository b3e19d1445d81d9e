"""DeepSEM: a variational autoencoder whose latent values obey a linear structural equation of the genes."""
