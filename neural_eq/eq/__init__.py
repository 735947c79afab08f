"""The five-band equaliser: its parameters, responses, filtering and loudness."""
