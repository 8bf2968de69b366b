"""A real S3 server, versitygw, for the tenancy's backups. Its objects are files of a folder."""

from local.object_store.endpoint import BUCKET, REGION, TENANCY, Endpoint
from local.object_store.secret import SECRET, apply_secret
from local.object_store.service import is_ready, prepare, up

__all__ = [
    "BUCKET",
    "REGION",
    "SECRET",
    "TENANCY",
    "Endpoint",
    "apply_secret",
    "is_ready",
    "prepare",
    "up",
]
