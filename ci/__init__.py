"""Reviewing a change before it reaches a tenancy: which tenancies it affects, what it would do to each, who is told."""
