"""Tables of labelled settings, where they come from, and audio files."""
