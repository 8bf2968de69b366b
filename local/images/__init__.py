"""The container images of the local tenancy: their definitions, their build, and their import into the cluster."""

from local.images.builder import build, build_pangeo, clean_up
from local.images.definitions import names
from local.images.loader import load, tag_as_upstream

__all__ = ["build", "build_pangeo", "clean_up", "load", "names", "tag_as_upstream"]
