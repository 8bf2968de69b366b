"""Checks that run before any resource is declared: the stack's file, the chart's archives, the domain, the cluster."""
