"""The ``kubernetes`` stand-in: plain objects over the Kubernetes API, Helm releases over the ``helm`` program."""
