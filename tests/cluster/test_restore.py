"""Restores on the node: pods, volumes, the object store over TLS and the hub's database are real."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import yaml

from components.ownership.claims import DATABASE_CLAIM
from local import object_store
from local.failure import Failure
from local.paths import PROJECT, State
from local.tenancy import engine, pki, web
from tests.support.kubectl import kubectl, list_objects, read_object, volumes_by_claim
from tests.support.local_repository import local_repository
from tests.support.restic import Repository
from tests.support.running_tenancy import running_state
from tests.support.waiting import LIMIT_SECONDS, wait_until

pytestmark = pytest.mark.cluster

USER = "restored-user"
CLAIM = f"claim-{USER}"
LARGE = 150 << 20
KILLS = 3


@dataclass(frozen=True)
class Restores:
    """The operator's commands, with a stack file whose backups are in a repository of the test's own."""

    state: State
    stack: Path
    repository: Repository

    def run(self, *words: str) -> str:
        """Run a command to its successful end, and return its output."""
        process = self.start(*words)
        text, _ = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == 0, text
        return text

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command."""
        command, *options = words
        log = ["--log", str(self.stack.parent / "log.jsonl")] if command == "restore" else []
        return subprocess.Popen(
            [sys.executable, "-m", "components", "backup", command, str(self.stack), *options, *log],
            cwd=PROJECT,
            env={**os.environ, "KUBECONFIG": str(self.state.kubeconfig)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def content(self, claim: str = CLAIM) -> dict[str, bytes]:
        """Return the files of a volume, without those that are being fetched."""
        [folder] = self.state.volumes.glob(f"{volumes_by_claim(self.state, web.NAMESPACE)[claim]}*")
        files = (path for path in folder.rglob("*") if path.is_file())
        names = {str(path.relative_to(folder)): path for path in files}
        return {name: path.read_bytes() for name, path in names.items() if not name.startswith(".restoring-")}


@pytest.fixture(scope="module")
def restores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restores]:
    state, folder, prefix = running_state(), tmp_path_factory.mktemp("restores"), f"test-{token_hex(4)}"
    authority = pki.authority(state, "tenancy").crt
    repository = local_repository(state, folder, prefix)
    repository.restic("init")
    stack = folder / "stacks" / f"Pulumi.{engine.STACK}.yaml"
    stack.parent.mkdir()
    stack.write_text(yaml.safe_dump({"config": _config(authority.read_text(), prefix)}))
    yield Restores(state, stack, repository)
    with suppress(Failure):
        volume = volumes_by_claim(state, web.NAMESPACE).get(CLAIM)
        kubectl(state, "delete", "pvc", CLAIM, "--ignore-not-found", "--wait=true")
        if volume:
            kubectl(state, "patch", "pv", volume, "--patch", '{"spec": {"persistentVolumeReclaimPolicy": "Delete"}}')


def _config(authority: str, prefix: str) -> Mapping[str, Any]:
    config: dict[str, Any] = yaml.safe_load((PROJECT / "stacks" / f"Pulumi.{engine.STACK}.yaml").read_text())["config"]
    config["pangeo:identity"]["caCertificate"] = authority
    config["pangeo:kubernetes"] = {"context": engine.CONTEXT}
    config["pangeo:backup"] = {
        "endpoint": object_store.TENANCY.url,
        "bucket": object_store.BUCKET,
        "prefix": prefix,
        "region": object_store.REGION,
        "credentials": {"secret": object_store.SECRET},
        "caCertificate": authority,
        "image": "localhost/pangeo/restic:local",
    }
    return config


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return {"notebooks/tides.ipynb": b"of yesterday", "large": random.randbytes(LARGE)}


def test_home_that_is_gone_is_restored_though_the_command_is_killed(
    restores: Restores, files: dict[str, bytes], tmp_path: Path
) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
        os.chown(tmp_path / name, 1000, 100)
    restores.repository.back_up_home(USER, tmp_path)
    assert "does not exist" in restores.run("list")

    chance = random.Random(1)
    for number in range(KILLS):
        command = restores.start("restore", "--user", USER)
        time.sleep(chance.uniform(2, 12))
        command.send_signal(signal.SIGKILL if number % 2 else signal.SIGTERM)
        command.communicate(timeout=LIMIT_SECONDS)
        wait_until(lambda: _ended_pods(restores.state), "a pod of a killed restore does not end")
    restores.run("restore", "--user", USER)

    assert restores.content() == files
    claim = read_object(restores.state, "pvc", CLAIM)
    assert claim["metadata"]["annotations"]["hub.jupyter.org/username"] == USER
    assert "tenancy.pangeo/restoring" not in claim["metadata"]["annotations"]


def test_file_is_restored_beside_in_a_home_in_use(restores: Restores, files: dict[str, bytes]) -> None:
    with _home_in_use(restores.state):
        text = restores.run("restore", "--user", USER, "--path", "notebooks/tides.ipynb")
        refused = restores.start("restore", "--user", USER, "--in-place", "--yes", USER)
        message, _ = refused.communicate(timeout=LIMIT_SECONDS)

    assert refused.returncode == 1
    assert "stop the server first" in message
    [restored] = [name for name in restores.content() if name.startswith("restored-")]
    assert restored.rpartition("/")[0].partition("/")[0] in text
    assert restores.content()[restored] == files["notebooks/tides.ipynb"]


def test_hub_answers_again_with_its_restored_database(restores: Restores, tmp_path: Path) -> None:
    before = restores.content(DATABASE_CLAIM)["jupyterhub.sqlite"]
    (tmp_path / "jupyterhub.sqlite").write_bytes(before)
    restores.repository.back_up_database(tmp_path)

    text = restores.run("restore", "--hub-database", "--yes", engine.STACK)

    assert "the hub was started again" in text
    kubectl(restores.state, "rollout", "status", "deployment/hub", f"--timeout={LIMIT_SECONDS:g}s")
    web.wait_for_hub(restores.state)
    kept = [name for name in restores.content(DATABASE_CLAIM) if ".before-restore-" in name]
    assert kept
    [folder] = restores.state.volumes.glob(f"{volumes_by_claim(restores.state, web.NAMESPACE)[DATABASE_CLAIM]}*")
    for name in kept:
        (folder / name).unlink()


def _ended_pods(state: State) -> bool:
    pods = list_objects(state, "pods", "--selector=app.kubernetes.io/component=restore")
    return all(pod["status"].get("phase") in ("Succeeded", "Failed") for pod in pods)


@contextmanager
def _home_in_use(state: State) -> Iterator[None]:
    """Run a pod that mounts the home, as a server does."""
    container = {"name": "notebook", "image": "localhost/pangeo/base:local", "command": ["sleep", "infinity"]}
    volume = {"name": "home", "persistentVolumeClaim": {"claimName": CLAIM}}
    spec = {"containers": [container], "volumes": [volume], "terminationGracePeriodSeconds": 0}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"jupyter-{USER}"}, "spec": spec}
    kubectl(state, "apply", "--filename", "-", stdin=yaml.safe_dump(pod))
    try:
        kubectl(state, "wait", f"pod/jupyter-{USER}", "--for=condition=Ready", "--timeout=120s")
        yield
    finally:
        kubectl(state, "delete", "pod", f"jupyter-{USER}", "--wait=true")
