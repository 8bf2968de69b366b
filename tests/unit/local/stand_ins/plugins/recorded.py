"""Exchanges between the engine and the official plugins (kubernetes 4.32, random 4.21), recorded from real runs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures" / "grpc"

KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: l, cluster: {server: "https://%s", insecure-skip-tls-verify: true}}]
users: [{name: a, user: {token: t}}]
contexts: [{name: l, context: {cluster: l, user: a}}]
current-context: l
"""
PLACEHOLDERS = {"<KUBECONFIG>": KUBECONFIG % "<APISERVER>", "<KUBECONFIG_UNREACHABLE>": KUBECONFIG % "elsewhere"}

REQUESTS = {
    "Check": provider_pb2.CheckRequest,
    "CheckConfig": provider_pb2.CheckRequest,
    "Configure": provider_pb2.ConfigureRequest,
    "Create": provider_pb2.CreateRequest,
    "Delete": provider_pb2.DeleteRequest,
    "Diff": provider_pb2.DiffRequest,
    "DiffConfig": provider_pb2.DiffRequest,
    "Read": provider_pb2.ReadRequest,
    "Update": provider_pb2.UpdateRequest,
}

AUTONAMED = "pulumi.com/autonamed"
"""Annotation of an object whose name the plugin generated, which the program does not use."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """One recorded call."""

    case: str
    method: str
    request: Json
    response: Json

    @property
    def type_token(self) -> str:
        """The type of the resource."""
        return str(self.request.get("urn", "::::").split("::")[2])

    def replay(self, stub: provider_pb2_grpc.ResourceProviderStub) -> Json:
        """Send the recorded request to a running plugin and return its answer."""
        message = ParseDict(self.request, REQUESTS[self.method]())
        answer: Json = comparable(MessageToDict(getattr(stub, self.method)(message, timeout=30)))
        return answer


def exchanges(name: str) -> list[Exchange]:
    """Return the recorded exchanges of one fixture file."""
    text = (FIXTURES / f"{name}.json").read_text()
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, json.dumps(value)[1:-1])
    found = [
        Exchange(each["case"], each["method"], each["request"], comparable(each["response"]))
        for each in json.loads(text)
    ]
    return [each for each in found if AUTONAMED not in json.dumps([each.request, each.response])]


def comparable(value: Any) -> Any:
    """Remove differences without meaning: the order of replaces and diffs (Go's map order), and 1.0 instead of 1."""
    if isinstance(value, dict):
        return {
            key: sorted(inner) if key in ("replaces", "diffs") else comparable(inner) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [comparable(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
