"""Random secrets register the same inputs as the SDK's class, without its import."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pulumi
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from pulumi.runtime import mocks

from components.resources.random import RandomHex


class Recorder(mocks.MockMonitor):
    """Records every registration as the engine receives it."""

    def __init__(self) -> None:
        super().__init__(Echo())
        self.requests: list[dict[str, Any]] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.custom:
            self.requests.append(MessageToDict(request))
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


class Echo(pulumi.runtime.Mocks):
    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return "none", {**args.inputs, "result": "0f" * 32}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args.token)


def register(declare: Callable[[], pulumi.CustomResource]) -> dict[str, Any]:
    recorder = Recorder()
    pulumi.runtime.set_mocks(Echo(), project="pangeo", stack="vis", monitor=recorder)
    try:

        @pulumi.runtime.test  # type: ignore[untyped-decorator]
        def program() -> pulumi.Output[str]:
            return declare().urn

        program()
    finally:
        pulumi.runtime.settings.reset_options()
    (request,) = recorder.requests
    # Positions in the source code differ, the SDK names its package, and the stack resource may be another one.
    different = ("sourcePosition", "stackTrace", "packageRef", "parent")
    return {key: value for key, value in request.items() if key not in different}


def test_registration_equals_the_one_of_the_sdks_class() -> None:
    from pulumi_random import RandomPassword

    generic = register(lambda: RandomHex("token", 64, pulumi.ResourceOptions()))
    typed = register(
        lambda: RandomPassword(
            "token", length=64, lower=False, upper=False, numeric=True, special=True, override_special="abcdef"
        )
    )

    assert sorted(generic.pop("additionalSecretOutputs")) == sorted(typed.pop("additionalSecretOutputs"))
    assert generic == typed


def test_the_component_does_not_import_the_sdk() -> None:
    code = "import sys, components.pangeo_cluster; print([m for m in sys.modules if m.startswith('pulumi_random')])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"
