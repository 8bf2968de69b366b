"""Connections from programs of this process to their engines, each its own."""

import contextlib
from collections.abc import Iterator

from pulumi.runtime import _grpc_settings

OWN_POOL = ("grpc.use_local_subchannel_pool", 1)
"""Source: ``GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL`` of gRPC's channel_arg_names.h."""


@contextlib.contextmanager
def connections_apart() -> Iterator[None]:
    """Inside the block an engine is reached whatever became of an earlier one.

    gRPC keeps one connection of a process to one address, and one that failed it does not try again for a while. An
    engine that ends before its program leaves such a one, and the system may give its port to the next engine, whose
    program would find that "Resource monitor has terminated". The SDK has no setting for it (v3.259).
    """
    _grpc_settings._GRPC_CHANNEL_OPTIONS.append(OWN_POOL)
    try:
        yield
    finally:
        _grpc_settings._GRPC_CHANNEL_OPTIONS.remove(OWN_POOL)
