"""What recording costs the host and what of it arrives, side by side with other recorders."""
