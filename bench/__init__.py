"""Measurements of the program on the local tenancy, each against a baseline of the same run: ``make bench``."""
