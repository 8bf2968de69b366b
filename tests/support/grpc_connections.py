"""gRPC connections from inline programs of one process to many engines."""

from collections.abc import Iterator
from contextlib import contextmanager

from pulumi.runtime import _grpc_settings

OWN_POOL = ("grpc.use_local_subchannel_pool", 1)
"""Source: ``GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL`` of gRPC's channel_arg_names.h."""


@contextmanager
def separate_connections() -> Iterator[None]:
    """Give each engine a connection of its own while the block runs.

    A process shares one gRPC connection to an address, and does not retry a failed one for a while. An engine that was
    killed leaves such a connection, and the system may give its port to the next engine. The program of that engine
    would then fail with "Resource monitor has terminated". The SDK has no setting for it (v3.259).
    """
    _grpc_settings._GRPC_CHANNEL_OPTIONS.append(OWN_POOL)
    try:
        yield
    finally:
        _grpc_settings._GRPC_CHANNEL_OPTIONS.remove(OWN_POOL)
