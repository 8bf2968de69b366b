"""The wait for the hub after its Helm release was applied: what is missing, and whether waiting can help."""
