"""Grafana dashboards of a tenancy."""
