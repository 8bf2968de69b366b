"""The home of a former member on the running tenancy: listed, deleted with its retained volume, archived, restored."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from components.in_hub.home_use import USE_ANNOTATION, HomeUse
from local import directory, lifecycle
from local.paths import State
from local.tenancy import web
from local.tenancy.engine_environment import engine_environment
from local.tenancy.pki import authority
from tests.support.dask import log_in_user
from tests.support.kubectl import kubectl, list_objects, read_object
from tests.support.local_repository import local_repository
from tests.support.node_capacity import stop_admin_server

pytestmark = pytest.mark.cluster

USER, OTHER = "carol", "alice"
FILE, TEXT = "kept.txt", "the home of a former member"
COMMAND_SECONDS = 400


@pytest.fixture
def state() -> Iterator[State]:
    state = State()
    stop_admin_server(state)
    yield state
    directory.grant(state, USER, lifecycle.NOTEBOOK_USERS)


def start_command(state: State, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "components", *words],
        cwd=state.engine / "workspace",
        env={**os.environ, **engine_environment(state)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_members(state: State, *words: str) -> subprocess.Popen[str]:
    return start_command(state, "members", *words)


def members(state: State, *words: str) -> subprocess.CompletedProcess[str]:
    return run_command(state, "members", *words)


def run_command(state: State, *words: str) -> subprocess.CompletedProcess[str]:
    process = start_command(state, *words)
    out, err = process.communicate(timeout=COMMAND_SECONDS)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def listing(state: State) -> dict[str, Any]:
    done = members(state, "list", "local", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def listed_homes(state: State) -> dict[str, dict[str, Any]]:
    return {home["claim"]: home for home in listing(state)["homes"] if home["claim"]}


def remove_member(state: State) -> None:
    removed = members(state, "remove", "local", USER, "--ca-file", str(authority(state, "tenancy").crt))
    assert removed.returncode == 0, removed.stdout + removed.stderr


def kill_at(process: subprocess.Popen[str], step: str) -> None:
    """Kill the command when it reports this step."""
    assert process.stdout is not None
    shown = []
    for line in process.stdout:
        shown.append(line)
        if line.startswith(step):
            process.send_signal(signal.SIGKILL)
            break
    process.communicate(timeout=COMMAND_SECONDS)
    assert process.returncode == -signal.SIGKILL, "".join(shown)


def volume_of(state: State, claim: str) -> dict[str, Any]:
    return read_object(state, "pv", read_object(state, "pvc", claim)["spec"]["volumeName"])


def folder_of(volume: dict[str, Any]) -> Path:
    source = volume["spec"].get("local") or volume["spec"]["hostPath"]
    return Path(source["path"])


def claim_uids(state: State) -> dict[str, str]:
    claims = list_objects(state, "persistentvolumeclaims")
    return {claim["metadata"]["name"]: claim["metadata"]["uid"] for claim in claims}


def test_home_of_a_former_member_is_listed_and_deleted_with_its_volume(state: State) -> None:
    other = log_in_user(state, OTHER)
    other.start_server()
    other.write(FILE, TEXT)
    other.stop_server()
    person = log_in_user(state, USER)
    person.start_server()
    person.write(FILE, TEXT)
    claim = f"claim-{USER}"

    # As the hub records the report of the server, which may come later.
    use = HomeUse(len(TEXT), datetime.now(UTC)).as_text()
    kubectl(state, "annotate", "pvc", claim, f"{USE_ANNOTATION}={use}", "--overwrite")
    home = listed_homes(state)[claim]
    assert (home["server"], home["former"]) == ("running", False)
    assert home["lastStart"]
    refused = members(state, "delete-home", "local", USER, "--yes", USER)
    assert refused.returncode == 1
    assert f"nothing was deleted: the owner of {claim} may log in" in refused.stdout

    remove_member(state)
    home = listed_homes(state)[claim]
    assert (home["server"], home["former"]) == (None, True)
    assert home["reason"] == f"no member of {lifecycle.NOTEBOOK_USERS} any more"
    assert home["awaySince"] >= home["lastStart"]
    assert home["usedBytes"] > 0

    volume = read_object(state, "pv", home["volume"])
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert (folder_of(volume) / FILE).read_text() == TEXT
    others = {name: uid for name, uid in claim_uids(state).items() if name != claim}
    kill_at(start_members(state, "delete-home", "local", USER, "--yes", USER), "deleted: the claim")
    again = members(state, "delete-home", "local", USER, "--yes", USER)

    assert again.returncode == 0, again.stdout + again.stderr
    assert f"deleted: the volume {home['volume']} with its files" in again.stdout
    assert home["volume"] not in {each["metadata"]["name"] for each in list_objects(state, "persistentvolumes")}
    assert not folder_of(volume).exists()
    assert claim_uids(state) == others, "other homes are the same"
    other.start_server()
    assert other.read(FILE) == TEXT
    person = log_in_user(state, USER)
    person.start_server()
    assert (
        FILE
        not in person.session.get(
            f"{person.hub.url}/user/{USER}/api/contents/",
            headers={"Authorization": f"token {person.token}"},
            timeout=60,
        ).text
    ), "a new, empty home"


def test_archived_home_is_gone_from_the_cluster_and_can_be_restored(state: State, tmp_path: Path) -> None:
    with suppress(AssertionError):  # the scheduled backup may have made it
        local_repository(state, tmp_path, web.NAMESPACE).restic("init")
    person = log_in_user(state, USER)
    person.start_server()
    person.write(FILE, TEXT)
    claim = f"claim-{USER}"
    remove_member(state)
    former = volume_of(state, claim)
    others = {name: uid for name, uid in claim_uids(state).items() if name != claim}

    done = members(state, "archive-home", "local", USER, "--yes", USER)

    assert done.returncode == 0, done.stdout + done.stderr
    assert claim_uids(state) == others, "other homes are the same"
    assert former["metadata"]["name"] not in {
        each["metadata"]["name"] for each in list_objects(state, "persistentvolumes")
    }
    assert not folder_of(former).exists()
    archive = [each for each in listing(state)["archives"] if each["user"] == USER][-1]
    assert archive["claim"] == claim
    assert archive["bytes"] >= len(TEXT)

    restored = run_command(state, "backup", "restore", "local", "--user", USER, "--snapshot", archive["snapshot"])

    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert (folder_of(volume_of(state, claim)) / FILE).read_text() == TEXT
    deleted = members(state, "delete-archive", "local", USER, "--yes", USER)
    assert deleted.returncode == 0, deleted.stdout + deleted.stderr
