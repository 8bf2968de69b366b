import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.mocks import MockMonitor, MockResourceArgs

from components.freeipa.errors import PASSWORD_VARIABLE
from components.freeipa.group_resource import FreeIpaGroup, FreeIpaGroupProvider

PROGRAM = Path(__file__).parents[4]
PASSWORD = "correct-horse-battery"


class Monitor(MockMonitor):
    """Records the request that registers the resource."""

    request: Any

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.custom:
            self.request = request
        register: Any = super().RegisterResource
        return register(request)


class Engine(pulumi.runtime.Mocks):
    """Answers a creation like the provider's check and create."""

    def __init__(self) -> None:
        self.monitor = Monitor(self)
        self.type = ""
        self.inputs: dict[Any, Any] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.type, self.inputs = args.typ, args.inputs
        return "an-id", {**args.inputs, "dn": "cn=k1", "adopted": False}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], None]:
        raise AssertionError(args.token)


@pytest.fixture
def engine() -> Engine:
    mocks = Engine()
    pulumi.runtime.set_mocks(mocks, project="pangeo", stack="test", monitor=mocks.monitor)
    return mocks


def declare() -> dict[str, Any]:
    """Return the outputs of a declared group."""
    seen: dict[str, Any] = {}

    def program() -> pulumi.Output[None]:
        group = FreeIpaGroup(
            "notebook-users",
            servers=["ipa.example.org"],
            bind_dn="uid=pangeo,cn=users,cn=accounts,dc=example,dc=org",
            suffix="dc=example,dc=org",
            group_name="k1_notebook_users",
            description="Notebook users for Pangeo cluster 'k1'",
        )
        return pulumi.Output.all(
            dn=group.dn, name=group.name, description=group.description, adopted=group.adopted
        ).apply(seen.update)

    in_an_event_loop: Any = pulumi.runtime.test
    in_an_event_loop(program)()
    return seen


def test_group_is_declared_with_its_type_and_inputs(engine: Engine) -> None:
    outputs = declare()
    assert engine.type == "pulumi-python:dynamic/freeipa:Group"
    assert {key: value for key, value in engine.inputs.items() if key != "__provider"} == {
        "servers": ["ipa.example.org"],
        "tls": "ldaps",
        "bindDn": "uid=pangeo,cn=users,cn=accounts,dc=example,dc=org",
        "suffix": "dc=example,dc=org",
        "name": "k1_notebook_users",
        "description": "Notebook users for Pangeo cluster 'k1'",
        "existingGroup": "refuse",
        "protect": True,
        "preview": False,
    }
    assert outputs == {
        "dn": "cn=k1",
        "name": "k1_notebook_users",
        "description": "Notebook users for Pangeo cluster 'k1'",
        "adopted": False,
    }


def test_replaced_group_is_deleted_first(engine: Engine) -> None:
    declare()
    assert engine.monitor.request.deleteBeforeReplace is True


def test_stored_provider_contains_no_secret(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    fresh, used = FreeIpaGroupProvider(), FreeIpaGroupProvider()
    used._configured = PASSWORD
    assert serialize_provider(fresh) == serialize_provider(used)
    assert fresh.serialize_as_secret_always is False
    declare()
    assert engine.inputs["__provider"] == serialize_provider(fresh)
    assert PASSWORD not in str(engine.inputs)


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("components.freeipa.groups", ["pulumi", "grpc"]),
        ("components.freeipa.names", ["pulumi", "ldap3"]),
        ("components.freeipa.settings", ["pulumi", "ldap3"]),
        ("components.freeipa.group_resource", ["ldap3", "pulumi_kubernetes", "pydantic"]),
    ],
)
def test_modules_import_only_what_they_need(module: str, absent: list[str]) -> None:
    asked = f"import sys, {module}; print(*[name for name in {absent} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=PROGRAM, capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == ""
