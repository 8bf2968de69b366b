"""The command ``usage``: what users and groups used of the cluster in a period."""
