"""What the pages share: state, cached work and figures."""
