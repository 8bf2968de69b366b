"""The commands ``backup …``."""
