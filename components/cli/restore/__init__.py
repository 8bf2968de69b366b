"""The commands ``backup list`` and ``backup restore``."""
