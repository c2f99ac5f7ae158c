"""What a run is: values without behaviour of their own, by the standard library alone."""
