"""What the latent space holds: words, projections and morphs."""
