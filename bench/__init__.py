"""Measurements of the program on the local tenancy, each with its baseline in the same run: ``make bench``."""
