"""An engine at the port of one that is gone is reached."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc
from pulumi.runtime.settings import Settings

from previews.connections import connections_apart
from tests.support.ports import free_ports

ANSWER_SECONDS = 15


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """What a program asks first of its engine."""

    def SupportsFeature(self, _request: object, _context: object) -> resource_pb2.SupportsFeatureResponse:  # noqa: N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)


@contextlib.contextmanager
def engine(port: int) -> Iterator[None]:
    with ThreadPoolExecutor(1) as threads:
        server = grpc.server(threads)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(Monitor(), server)
        server.add_insecure_port(f"127.0.0.1:{port}")
        server.start()
        try:
            yield
        finally:
            server.stop(None).wait()


def program(port: int) -> resource_pb2_grpc.ResourceMonitorStub:
    """What the SDK holds of the engine for one program."""
    settings = partial(Settings, project="pangeo", stack="vis", monitor=f"127.0.0.1:{port}")
    stub: resource_pb2_grpc.ResourceMonitorStub = copy_context().run(lambda: settings().monitor)
    return stub


def reached(monitor: resource_pb2_grpc.ResourceMonitorStub) -> bool:
    try:
        asked = resource_pb2.SupportsFeatureRequest(id="secrets")
        return bool(monitor.SupportsFeature(asked, timeout=ANSWER_SECONDS).hasSupport)
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNAVAILABLE:
            return False
        raise


def test_the_next_engine_at_its_port_is_reached_though_the_first_ones_program_still_tries() -> None:
    [port] = free_ports(1)
    with connections_apart():
        with engine(port):
            first = program(port)
            assert reached(first)
        assert not reached(first)
        with engine(port):
            assert reached(program(port))
