"""Pure values and rules of the inbox."""
