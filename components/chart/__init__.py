"""Inputs of the Helm release: chart values from a tenancy, the pinned chart archives and the CRDs in them. Pure."""
