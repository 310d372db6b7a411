"""The HTTP door: what other systems and browsers can reach."""
