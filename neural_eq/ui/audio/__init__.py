"""The Audio page: a sound, what is applied to it, what comes out, and the blind test."""
