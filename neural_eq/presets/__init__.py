"""Settings as files: what is written here can be read here again."""
