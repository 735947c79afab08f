"""The Morph page: two ends, a slider, the picture to drag, and how near it is to people."""
