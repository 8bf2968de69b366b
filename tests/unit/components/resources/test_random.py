"""Random secrets register the same inputs as the SDK's class, without its import."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pulumi

from components.resources.random import RandomHex
from tests.unit.components.resources.recorder import recorded_registrations


def register(declare: Callable[[], pulumi.CustomResource]) -> dict[str, Any]:
    with recorded_registrations(lambda args: ("none", {**args.inputs, "result": "0f" * 32})) as recorder:

        @pulumi.runtime.test  # type: ignore[untyped-decorator]
        def program() -> pulumi.Output[str]:
            return declare().urn

        program()
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
