"""Kubernetes resources that the component declares beside the Helm release."""
