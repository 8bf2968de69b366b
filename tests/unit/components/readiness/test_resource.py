"""The resource ``HubReady``: when it waits again, and what it keeps in the state. Nothing here makes a connection."""

import pickle
from typing import Any

import pulumi
import pytest
from pulumi.dynamic import Config, ConfigureRequest

from components.cluster.kubeconfig import SECTION_KEY
from components.readiness.resource import HubReadyProvider

DEPLOYED = {"release": "vis-pangeo", "namespace": "vis", "revision": 3.0, "limitSeconds": 1200.0, "__provider": "p"}
UNKNOWN = pulumi.output.Unknown()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("change", "waits"),
    [
        ({}, False),
        ({"revision": 3}, False),
        ({"revision": 4}, True),
        ({"revision": UNKNOWN}, True),
        ({"limitSeconds": 60}, False),
        ({"__provider": "moved"}, True),
    ],
)
def test_another_revision_of_the_release_begins_another_wait(change: dict[str, Any], waits: bool) -> None:
    found = HubReadyProvider().diff("vis/vis-pangeo", DEPLOYED, {**DEPLOYED, **change})
    assert (found.changes, found.replaces) == (waits, [])


def test_refresh_returns_the_stored_wait() -> None:
    found = HubReadyProvider().read("vis/vis-pangeo", DEPLOYED)
    assert found.id == "vis/vis-pangeo"
    assert found.inputs == found.outs == {key: DEPLOYED[key] for key in DEPLOYED if key != "__provider"}


def test_state_contains_a_reference_to_the_class_and_no_kubeconfig() -> None:
    provider = HubReadyProvider()
    section = '{"kubeconfig": "token: sesame-open"}'
    provider.configure(ConfigureRequest(Config({SECTION_KEY: section}, "pangeo")))

    assert b"sesame-open" not in pickle.dumps(provider)
