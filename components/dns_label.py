"""A part of a host name between dots. Kubernetes names namespaces and volumes of pods by the same rule (RFC 1123)."""

DNS_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""Regular expression of a label in lower case."""
