"""A group that the provider's process manages: its inputs, its owners, and calls in the engine's order."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from components.freeipa import names
from components.ownership.mark import Owner
from tests.engine.components.freeipa.plugin import Plugin

Given = Callable[..., dict[str, Any]]
Start = Callable[..., AbstractContextManager[Plugin]]

GROUP = names.notebook_users_group("resource")
DESCRIPTION = names.notebook_users_description("resource")
OWNER = Owner("vis", "0bd2a5cc-6d5b-4d2f-9d0b-5d1f0f0c7a11", "d1")
AGAIN = replace(OWNER, deployment="d2")
"""The same stack in the same cluster, deployed again after a destroy."""
OTHERS = {
    "another cluster": replace(OWNER, cluster="9c1e"),
    "another stack": replace(OWNER, stack="viz", deployment="d3"),
    "the same stack name in another checkout": replace(OWNER, deployment="d4"),
}
MARKED = f"{DESCRIPTION} [{OWNER}]"
KEPT = f"{DESCRIPTION} [{OWNER} (kept by pulumi destroy)]"


def create_group(provider: Plugin, properties: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    inputs, failures = provider.check({}, properties)
    assert failures == {}
    id_, state = provider.create(inputs)
    return id_, state, inputs


def read_group(provider: Plugin, id_: str, state: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    id_, state, _ = provider.read(id_, state)
    return id_, state
