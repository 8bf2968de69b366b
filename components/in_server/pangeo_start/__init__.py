"""Preparation of a user's server, so that it starts whatever is in the user's home. Standard library only."""
