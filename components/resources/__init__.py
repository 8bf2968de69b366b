"""Pulumi resources for Kubernetes objects and Helm releases, and the manifests of the hub's Ingress."""
