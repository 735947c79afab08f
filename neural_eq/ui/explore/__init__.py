"""The Explore page: the map of all settings, and what a click on it tells."""
