"""The scheduled backup, as far as it does not run in the cluster."""
