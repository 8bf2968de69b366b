"""The command ``repair``: what a killed run left behind in the cluster and in the stack's state."""
