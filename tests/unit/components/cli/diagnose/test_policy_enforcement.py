"""What the connections from the proxy's pod prove about the network plugin."""

import json

import pytest

from components.cli.diagnose.policy_enforcement import check_policy_enforcement
from components.cli.diagnose.result import Status
from components.cluster.errors import CannotAsk


def status(hub: str, api: str) -> Status:
    return check_policy_enforcement(lambda command: json.dumps({"hub": hub, "api": api}).encode()).status


@pytest.mark.parametrize("forbidden", ["no answer", "ECONNREFUSED", "EHOSTUNREACH"])
def test_enforcing_plugin_is_good(forbidden: str) -> None:
    assert status("open", forbidden) is Status.GOOD


@pytest.mark.parametrize("hub", ["open", "no answer"])
def test_open_connection_that_the_policy_forbids_is_broken(hub: str) -> None:
    result = check_policy_enforcement(lambda command: json.dumps({"hub": hub, "api": "open"}).encode())
    assert result.status is Status.BROKEN
    assert "network plugin that enforces NetworkPolicy" in result.fix


@pytest.mark.parametrize(
    ("hub", "api"), [("no answer", "no answer"), ("ENOTFOUND", "no answer"), ("open", "no address")]
)
def test_pod_without_any_connection_proves_nothing(hub: str, api: str) -> None:
    assert status(hub, api) is Status.UNKNOWN


@pytest.mark.parametrize("output", [b"", b"null", b"[]", b"{}", b'"open"', b"\xff", b"node: not found"])
def test_other_output_proves_nothing(output: bytes) -> None:
    assert check_policy_enforcement(lambda command: output).status is Status.UNKNOWN


def test_missing_kubectl_or_permission_proves_nothing() -> None:
    def refuse(_command: tuple[str, ...]) -> bytes:
        raise CannotAsk('pods "proxy" is forbidden')

    result = check_policy_enforcement(refuse)
    assert result.status is Status.UNKNOWN
    assert "create on pods/exec" in result.fix
