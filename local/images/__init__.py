"""The container images of the local tenancy: their definitions, their build, and their import into the cluster."""

from local.images.builder import build, clean_up
from local.images.definitions import names
from local.images.examples import run_examples
from local.images.loader import load, tag_as_upstream

__all__ = ["build", "clean_up", "load", "names", "run_examples", "tag_as_upstream"]
