"""Homes of members and former members: the list, the check of ``status``, and ``members delete-home``."""
