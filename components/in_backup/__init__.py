"""Code that runs in the pod of the scheduled backup. It imports nothing of the project outside this package."""
