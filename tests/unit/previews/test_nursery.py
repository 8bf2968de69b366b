"""Dynamic providers forked from a warm process answer as freshly started ones, and are gone with their launcher."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from components.freeipa.group_resource import FreeIpaGroupProvider
from previews import nursery
from previews.warm import nursery_running

WAIT_SECONDS = 15.0
GROUP = {
    "servers": ["localhost:1"],
    "tls": "ldaps",
    "bindDn": "uid=operator,cn=users,cn=accounts,dc=vis,dc=example",
    "suffix": "dc=vis,dc=example",
    "name": "vis_notebook_users",
    "description": "Users",
    "existingGroup": "refuse",
    "protect": True,
}


@pytest.fixture(scope="module")
def launchers() -> Iterator[Path]:
    with nursery_running({}) as folder:
        yield folder


def started(launchers: Path, cwd: Path, **variables: str) -> tuple[subprocess.Popen[str], int]:
    """A plugin as the engine starts one, and its port."""
    plugin = subprocess.Popen(
        [launchers / nursery.DYNAMIC, "127.0.0.1:1"],
        cwd=cwd,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert plugin.stdout is not None
    return plugin, int(plugin.stdout.readline())


def stub(port: int) -> provider_pb2_grpc.ResourceProviderStub:
    return provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))


def answers(port: int) -> bool:
    try:
        stub(port).GetPluginInfo(Empty(), timeout=WAIT_SECONDS)
    except grpc.RpcError:
        return False
    return True


def test_a_forked_plugin_runs_the_programs_providers(launchers: Path, tmp_path: Path) -> None:
    plugin, port = started(launchers, tmp_path)
    try:
        asked = provider_pb2.CheckRequest(urn="urn:pulumi:vis::pangeo::t::n")
        asked.news.update({"__provider": serialize_provider(FreeIpaGroupProvider()), **GROUP, "name": None})

        answer = stub(port).Check(asked, timeout=WAIT_SECONDS)

        assert [failure.property for failure in answer.failures] == ["name"]
    finally:
        plugin.kill()
        plugin.wait(WAIT_SECONDS)


def test_each_plugin_has_the_folder_and_variables_of_its_own_launcher(launchers: Path, tmp_path: Path) -> None:
    said = []
    for variables in ({"FREEIPA_BIND_PASSWORD": "known"}, {"FREEIPA_BIND_PASSWORD": ""}):
        plugin, port = started(launchers, tmp_path, **variables)
        try:
            asked = provider_pb2.CreateRequest(urn="urn:pulumi:vis::pangeo::t::n")
            asked.properties.update({"__provider": serialize_provider(FreeIpaGroupProvider()), **GROUP})
            with pytest.raises(grpc.RpcError) as refusal:
                stub(port).Create(asked, timeout=WAIT_SECONDS)
            said.append(refusal.value.details())
        finally:
            plugin.kill()
            plugin.wait(WAIT_SECONDS)

    with_password, without = said
    assert "localhost:1" in with_password
    assert "FREEIPA_BIND_PASSWORD" in without


def test_a_plugin_is_gone_with_its_launcher(launchers: Path, tmp_path: Path) -> None:
    plugin, port = started(launchers, tmp_path)
    assert answers(port)

    plugin.kill()
    plugin.wait(WAIT_SECONDS)

    deadline = time.monotonic() + WAIT_SECONDS
    while answers(port):
        assert time.monotonic() < deadline, "it still answers"
        time.sleep(0.05)


def test_all_are_gone_with_the_block(tmp_path: Path) -> None:
    with nursery_running({}) as folder:
        plugin, port = started(folder, tmp_path)
        assert answers(port)
        plugin.kill()
        plugin.wait(WAIT_SECONDS)

    assert not folder.exists()
