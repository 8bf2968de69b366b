"""Old module paths that the states of deployed stacks refer to."""
