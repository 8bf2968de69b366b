"""The lifecycle of a tenancy on the real node: a failed upgrade, its repair, and a destroy without protection.

The second test starts with the state that the first left. ``test_tenancy.py`` destroys a protected tenancy.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from unittest import mock
from uuid import uuid4

import pytest
import requests
import yaml
from pulumi.automation import OpType
from pulumi.automation.errors import CommandError

import components.pangeo_cluster
from local.paths import State
from tests.support.kubectl import volumes_by_claim
from tests.support.person import Person
from tests.support.second_tenancy import SecondTenancy

pytestmark = pytest.mark.cluster

NAME = "lifecycle"
WORD = uuid4().hex
RELEASE = "kubernetes:helm.sh/v3:Release"
HUB_READY = "pulumi-python:dynamic/tenancy:HubReady"
OLDER, OLD_OBJECT = "0.0.1", "of-the-older-chart"
ANSWER_SECONDS = 60.0
READY_TIMEOUT_SECONDS = 90
"""Time for a release to become ready on a node that has all images."""

FAILURE_TIMEOUT_SECONDS = 30
"""Time after which the wait for a hub that cannot become ready fails."""


@pytest.fixture(scope="module")
def tenancy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondTenancy]:
    folder = tmp_path_factory.mktemp("second")
    with (
        SecondTenancy.clean(State(), folder, NAME, notebookRamGb=0.5, dask={"enabled": False}) as tenancy,
        release_timeout(READY_TIMEOUT_SECONDS),
    ):
        yield tenancy


@pytest.fixture(scope="module")
def alice(tenancy: SecondTenancy) -> Person:
    return tenancy.person("alice")


@pytest.fixture(scope="module")
def session(tenancy: SecondTenancy, alice: Person) -> requests.Session:
    """Alice's browser session from a log-in under the older chart.

    Her home contains a file, and her server is running.
    """
    current = yaml.safe_load((tenancy.chart / "Chart.yaml").read_text())["version"]
    (tenancy.chart / "templates" / "older.yaml").write_text(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {OLD_OBJECT}}}\n"
    )
    tenancy.change_chart(OLDER)
    tenancy.up()
    tenancy.grant("alice")
    assert OLD_OBJECT in tenancy.objects("configmap")
    tenancy.wait_for_hub()
    browser = tenancy.person("alice")
    assert browser.submit_log_in()[0].ok
    assert alice.log_in() == 200
    alice.start_server()
    alice.write("kept.txt", WORD)
    tenancy.change_chart(current)
    (tenancy.chart / "templates" / "older.yaml").unlink()
    return browser.session


def test_the_next_up_repairs_a_failed_upgrade(tenancy: SecondTenancy, alice: Person, session: requests.Session) -> None:
    version = yaml.safe_load((tenancy.chart / "Chart.yaml").read_text())["version"]
    tenancy.change_chart(version, jupyterhub={"hub": {"image": {"tag": "does-not-exist"}}})
    with release_timeout(FAILURE_TIMEOUT_SECONDS), pytest.raises(CommandError) as failed:
        tenancy.up()
    # Without a registry in reach, the node reports an outage, so that the wait ends only with its limit.
    assert "does-not-exist cannot be pulled (" in str(failed.value)
    assert "Traceback" not in str(failed.value)

    tenancy.change_chart(version)
    assert tenancy.up() == {RELEASE: OpType.UPDATE, HUB_READY: OpType.UPDATE}

    assert OLD_OBJECT not in tenancy.objects("configmap")
    tenancy.wait_for_hub()
    home = session.get(f"{tenancy.hub.url}/hub/home", timeout=ANSWER_SECONDS)
    assert home.url == f"{tenancy.hub.url}/hub/home", "the session is no longer valid"
    assert "alice" in home.text
    assert alice.read("kept.txt") == WORD


def test_an_unprotected_destroy_leaves_nothing(tenancy: SecondTenancy, session: requests.Session) -> None:
    volumes = volumes_by_claim(tenancy.state, NAME)
    assert set(volumes) == {"claim-alice", "hub-db-dir"}
    tenancy.write_stack_file(protect=False)
    tenancy.up()

    tenancy.destroy()

    assert not tenancy.has_namespace()
    assert not tenancy.has_group()
    for volume in volumes.values():
        tenancy.kubectl("wait", f"pv/{volume}", "--for=delete", "--timeout=30s")


def release_timeout(seconds: int) -> AbstractContextManager[object]:
    """Let the program wait at most this time for the hub."""
    return mock.patch.object(components.pangeo_cluster, "RELEASE_TIMEOUT_SECONDS", seconds)
