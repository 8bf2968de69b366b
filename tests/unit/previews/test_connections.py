"""An engine at the port of one that is gone is reached."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc
from pulumi.runtime.settings import Settings

from previews.connections import connections_apart

ANSWER_SECONDS = 15


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """What a program asks first of its engine."""

    def SupportsFeature(self, _request: object, _context: object) -> resource_pb2.SupportsFeatureResponse:  # noqa: N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)


@contextlib.contextmanager
def engine(port: int = 0) -> Iterator[int]:
    with ThreadPoolExecutor(1) as threads:
        server = grpc.server(threads)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(Monitor(), server)
        given = server.add_insecure_port(f"127.0.0.1:{port}")
        server.start()
        try:
            yield given
        finally:
            server.stop(None).wait()


def program(port: int) -> Settings:
    """What the SDK holds for one program, its connection among it."""
    return Settings(project="pangeo", stack="vis", monitor=f"127.0.0.1:{port}")


def reached(settings: Settings) -> bool:
    try:
        asked = resource_pb2.SupportsFeatureRequest(id="secrets")
        return bool(settings.monitor.SupportsFeature(asked, timeout=ANSWER_SECONDS).hasSupport)
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNAVAILABLE:
            return False
        raise


def the_second_at_its_port_is_reached() -> bool:
    with engine() as port:
        first = program(port)
        assert reached(first)
    assert not reached(first)
    with engine(port):
        return reached(program(port))


def test_it_is_where_connections_are_apart() -> None:
    with connections_apart():
        assert the_second_at_its_port_is_reached()


def test_it_is_not_where_they_are_as_the_sdk_makes_them() -> None:
    """Once it is, ``connections_apart`` has done its work."""
    assert not the_second_at_its_port_is_reached()
