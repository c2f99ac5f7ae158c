"""Recording in the host process; needs nothing but the standard library."""
