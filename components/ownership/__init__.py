"""Ownership: the mark that says which deployment created an object in the cluster or in the directory."""
