"""The container images of the local tenancy: what they are made of, their build, their way onto the node."""

from local.images.builder import build, let_go
from local.images.definitions import names
from local.images.loader import load, tag_as_upstream

__all__ = ["build", "let_go", "load", "names", "tag_as_upstream"]
