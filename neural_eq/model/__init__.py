"""The autoencoder: its layout, losses, training, checkpoints and evaluation."""
