"""Drives the dynamic provider as the engine does: in a process, over gRPC, pickled as in the state."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from components.freeipa.group_resource import FreeIpaGroupProvider
from tests.support.waiting import LIMIT_SECONDS

PROGRAM = Path(__file__).parents[4]
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's placeholder for an unknown string (pulumi, ``sdk/go/common/resource/plugin/rpc.go``)."""


def pickled() -> str:
    return str(serialize_provider(FreeIpaGroupProvider()))


class Refused(Exception):
    """The provider raised an error, with the text that the engine would print."""


class Plugin:
    def __init__(self, stub: provider_pb2_grpc.ResourceProviderStub) -> None:
        self._stub: Any = stub
        self.heard = ""
        """All answers of the plugin as text."""

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        request = provider_pb2.CheckRequest(olds=_struct(olds), news=_struct({"__provider": pickled(), **news}))
        answer = self._call("Check", request)
        failures = answer.get("failures", [])
        return answer.get("inputs", {}), {failure.get("property", ""): failure["reason"] for failure in failures}

    def changes(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        request = provider_pb2.DiffRequest(id="x", olds=_struct(olds), news=_struct(news))
        answer = self._call("Diff", request)
        assert "replaces" not in answer
        return {"DIFF_SOME": True, "DIFF_NONE": False}[str(answer["changes"])]

    def create(self, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        answer = self._call("Create", provider_pb2.CreateRequest(properties=_struct(inputs)))
        return answer["id"], answer["properties"]

    def read(self, id_: str, state: Mapping[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
        answer = self._call("Read", provider_pb2.ReadRequest(id=id_, properties=_struct(state)))
        return answer.get("id", ""), answer.get("properties", {}), answer.get("inputs", {})

    def update(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(id=id_, olds=_struct(olds), news=_struct(news))
        properties: dict[str, Any] = self._call("Update", request)["properties"]
        return properties

    def delete(self, id_: str, state: Mapping[str, Any]) -> None:
        self._call("Delete", provider_pb2.DeleteRequest(id=id_, properties=_struct(state)))

    def configure(self, config: Mapping[str, str]) -> None:
        self._call("Configure", provider_pb2.ConfigureRequest(args=_struct(config)))

    def _call(self, method: str, request: object) -> dict[str, Any]:
        try:
            answer = getattr(self._stub, method)(request, timeout=LIMIT_SECONDS)
        except grpc.RpcError as error:
            text = str(error.details())
            self.heard += text
            raise Refused(text) from None
        self.heard += str(answer)
        return dict(MessageToDict(answer))


@contextmanager
def plugin(log: Path, *, environment: Mapping[str, str], config: Mapping[str, str]) -> Iterator[Plugin]:
    """Start a plugin process in the program's folder, as the engine does. Its output goes to ``log``."""
    inherited = {key: value for key, value in os.environ.items() if key != "FREEIPA_BIND_PASSWORD"}
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic"],
            cwd=PROGRAM,
            env={**inherited, "PULUMI_PROJECT": "pangeo", **environment},
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                driven = Plugin(provider_pb2_grpc.ResourceProviderStub(channel))
                driven.configure(config)
                yield driven
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def _struct(properties: Mapping[str, Any]) -> Struct:
    struct = Struct()
    struct.update(properties)
    return struct
