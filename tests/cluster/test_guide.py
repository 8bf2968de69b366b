"""The operator guide's commands for backup, restore and migration, extracted from its code blocks and run.

They run in temporary namespaces of the real node and only read a copy of the hub's database from the running tenancy.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from local import directory, lifecycle
from local.images.definitions import HUB, NOTEBOOK
from local.paths import PROJECT, State
from local.tenancy import web
from local.tenancy.engine_environment import engine_environment
from tests.support.kubectl import kubectl
from tests.support.person import local_person

pytestmark = pytest.mark.cluster

GUIDE = PROJECT / "docs" / "operator-guide.md"
OLD, NEW = "guide-old", "guide-new"
SECONDS = 120

FILES = r"""
set -eu
cd "$1"
mkdir -p .config 'a folder' private lost+found
printf 'one\n' > plain.txt
printf 'x' > 'a folder/naïve – name.txt'
printf 'secret\n' > private/key
printf '#!/bin/sh\n' > run.sh
printf 'shared\n' > everybody.txt
head -c 300000 /dev/urandom > .config/data
chmod 700 private; chmod 600 private/key; chmod 755 run.sh; chmod 666 everybody.txt; chmod 2775 'a folder'
ln -s plain.txt link
ln plain.txt second-name
touch -d '2020-02-29 12:00:00 UTC' plain.txt
"""
"""Creates files of all kinds in a home; ``lost+found`` belongs to the file system, not to the user."""

SEEN = r"""
cd "$1"
each='%P|%y|%m|%U|%n|%l'
find . -mindepth 1 -path ./lost+found -prune -o -type f -printf "$each|%Ts|%s\n" -o -printf "$each\n" | sort
find . -type f -exec sha256sum {} + | sort
"""
"""Prints kind, mode, owner, links, target, time, size and content of each file."""

OPENED_BY_JUPYTERHUB = """
from jupyterhub import orm
session = orm.new_session_factory("sqlite:////srv/jupyterhub/jupyterhub.sqlite")()
print("\\n".join(user.name for user in session.query(orm.User)))
"""
"""Opens the database as the hub does at its start, where it refuses other versions; prints the users."""


def block(phrase: str) -> str:
    """Return the guide's only code block that contains the phrase."""
    text = GUIDE.read_text(encoding="utf-8")
    blocks = [dedent(each) for each in re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)]
    [found] = [each for each in blocks if phrase in each]
    return found


@dataclass
class Operator:
    """An operator with a shell in a folder that contains the project's ``docs``."""

    state: State
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, script: str, *, namespace: str = OLD, **variables: str) -> str:
        """Run a code block of the guide for this namespace until the first error; return its output."""
        script = re.sub(r"(--namespace |create namespace )vis\b", rf"\g<1>{namespace}", script)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env={**os.environ, **self._environment(), **self.variables, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def kubectl(self, *words: str, stdin: object = None) -> str:
        """Run kubectl with an object as its input, outside the guide's commands; return its output."""
        return kubectl(self.state, *words, namespace=OLD, stdin=None if stdin is None else json.dumps(stdin))

    def pod(self, namespace: str, name: str, claim: str, script: str, **labels: str) -> str:
        """Run a script in a pod with the claim's volume; return its output."""
        self.kubectl("apply", "--namespace", namespace, "--filename=-", stdin=_pod(name, claim, script, labels))
        wait = ["wait", "--namespace", namespace, f"pod/{name}", f"--timeout={SECONDS}s"]
        self.kubectl(*wait, "--for=jsonpath={.status.phase}=Succeeded")
        return self.kubectl("logs", "--namespace", namespace, name)

    def claim(self, namespace: str, name: str) -> None:
        """Create a claim as KubeSpawner does."""
        about = {"name": name, "annotations": {"hub.jupyter.org/username": "alice", "another/note": "x"}}
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": about, "spec": spec}
        self.kubectl("apply", "--namespace", namespace, "--filename=-", stdin=claim)

    def _environment(self) -> dict[str, str]:
        paths = [str(self.state.bin), str(Path(sys.executable).parent), os.environ["PATH"]]
        return {"PATH": os.pathsep.join(paths), "KUBECONFIG": str(self.state.kubeconfig)}


@pytest.fixture(scope="module")
def state() -> State:
    return State()


@pytest.fixture(scope="module")
def operator(state: State, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    shell = Operator(state, tmp_path_factory.mktemp("operator"))
    (shell.folder / "docs").symlink_to(PROJECT / "docs")
    _remove(shell, "--wait=true")
    # The strictest level: the guide's pod must run in every tenancy's cluster.
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    about = {"name": OLD, "labels": labels}
    shell.kubectl("apply", "--filename=-", stdin={"apiVersion": "v1", "kind": "Namespace", "metadata": about})
    yield shell
    _remove(shell, "--wait=false")


def _remove(operator: Operator, wait: str) -> None:
    volumes = json.loads(operator.kubectl("get", "pv", "--output=json"))["items"]
    for volume in volumes:
        if volume["spec"].get("claimRef", {}).get("namespace") in (OLD, NEW):
            patch = json.dumps({"spec": {"persistentVolumeReclaimPolicy": "Delete"}})
            operator.kubectl("patch", "pv", volume["metadata"]["name"], f"--patch={patch}")
    operator.kubectl("delete", "namespace", OLD, NEW, "--ignore-not-found", wait, f"--timeout={SECONDS}s")


def test_a_home_is_copied_to_a_new_claim_elsewhere(operator: Operator) -> None:
    operator.claim(OLD, "claim-alice")
    labels = {"component": "singleuser-server"}
    before = operator.pod(OLD, "jupyter-alice", "claim-alice", FILES + SEEN, **labels)
    assert len(before.splitlines()) == 11 + 7, before

    operator.run(block("> claim-alice.tar"))
    operator.run(block("> claims.json"))
    operator.run(block("open('claims.json')"), namespace=NEW)
    operator.run(block("< claim-alice.tar"), namespace=NEW, IMAGE=NOTEBOOK.reference)

    assert operator.pod(NEW, "reader", "claim-alice", SEEN) == before
    assert (operator.folder / "claim-alice.tar").stat().st_mode & 0o077 == 0
    with tarfile.open(operator.folder / "claim-alice.tar") as copy:
        assert not [name for name in copy.getnames() if "lost+found" in name]
    claim = json.loads(operator.kubectl("get", "pvc", "claim-alice", "--namespace", NEW, "--output=json"))
    annotations = claim["metadata"]["annotations"]
    assert annotations["hub.jupyter.org/username"] == "alice"
    assert "another/note" not in annotations
    assert operator.kubectl("get", "pod", "copy-volume", "--namespace", OLD, "--ignore-not-found") == ""


def test_the_hubs_database_is_copied_and_restored(operator: Operator, state: State) -> None:
    directory.grant(state, "alice", lifecycle.NOTEBOOK_USERS)
    assert local_person(state, "alice").log_in() == 200

    operator.run(block("> hub.sqlite"), namespace=web.NAMESPACE)
    copy = operator.folder / "hub.sqlite"
    assert copy.stat().st_mode & 0o077 == 0
    with sqlite3.connect(f"file:{copy}?mode=ro", uri=True) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        users = {name for (name,) in opened.execute("SELECT name FROM users")}
    assert "alice" in users

    operator.claim(NEW, "hub-db-dir")
    operator.kubectl("apply", "--namespace", NEW, "--filename=-", stdin=_hub_with_another_database())
    rollout = ["rollout", "status", "deployment/hub", "--namespace", NEW, f"--timeout={SECONDS}s"]
    operator.kubectl(*rollout)
    operator.run(block("< hub.sqlite"), namespace=NEW, IMAGE=NOTEBOOK.reference)
    operator.kubectl(*rollout)

    inside = ["exec", "--namespace", NEW, "deployment/hub", "--"]
    assert set(operator.kubectl(*inside, "python3", "-c", OPENED_BY_JUPYTERHUB).split()) == users
    assert operator.kubectl(*inside, "ls", "/srv/jupyterhub").split() == ["jupyterhub.sqlite"]


def test_the_state_moves_to_another_backend_with_its_secrets(operator: Operator, state: State) -> None:
    export, log_in, *rest = block("pulumi login s3://new-states").splitlines(keepends=True)
    environment = engine_environment(state)
    workspace = state.engine / "workspace"
    mine = {key: environment[key] for key in ("PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_SKIP_UPDATE_CHECK")}
    mine["PULUMI_HOME"] = str(operator.folder / "pulumi-home")
    (operator.folder / "new-states").mkdir()
    (operator.folder / "stacks").mkdir()
    (operator.folder / "Pulumi.yaml").write_bytes((PROJECT / "Pulumi.yaml").read_bytes())
    stack_file = operator.folder / "stacks" / "Pulumi.local.yaml"
    stack_file.write_bytes((workspace / "stacks" / "Pulumi.local.yaml").read_bytes())

    def named(script: str) -> str:
        here = (operator.folder / "new-states").as_uri()
        return re.sub(r"(--stack |init )vis\b", r"\1local", script).replace("s3://new-states", here)

    operator.run(named(export), **mine, PULUMI_BACKEND_URL=environment["PULUMI_BACKEND_URL"])
    operator.run(named("".join([log_in, *rest])), **mine)

    shown = "pulumi stack export --show-secrets --stack local"
    before = _resources(operator.run(shown, **mine, PULUMI_BACKEND_URL=environment["PULUMI_BACKEND_URL"]))
    after = _resources(operator.run(shown, **mine))
    assert len(before) > 5
    assert after == before


def _resources(exported: str) -> dict[str, Any]:
    return {each["urn"]: each.get("outputs") for each in json.loads(exported)["deployment"]["resources"]}


def _hub_with_another_database() -> dict[str, Any]:
    """Return a hub to restore into: it has another database, and the journal of a hub that was killed."""
    make = "import sqlite3; sqlite3.connect('jupyterhub.sqlite').execute('CREATE TABLE other (name TEXT)')"
    script = (
        f'test -e jupyterhub.sqlite || {{ python3 -c "{make}"; echo x > jupyterhub.sqlite-journal; }}; exec sleep 600'
    )
    pod = _pod(
        "hub", "hub-db-dir", script, {"component": "hub"}, image=HUB.reference, group=1000, path="/srv/jupyterhub"
    )
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "hub"},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"component": "hub"}},
            "template": {"metadata": pod["metadata"], "spec": {**pod["spec"], "restartPolicy": "Always"}},
        },
    }


def _pod(
    name: str,
    claim: str,
    script: str,
    labels: dict[str, str],
    *,
    image: str = NOTEBOOK.reference,
    group: int = 100,
    path: str = "/home/jovyan",
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "runAsGroup": group,
                "fsGroup": group,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "script",
                    "image": image,
                    "imagePullPolicy": "Never",
                    "workingDir": path,
                    "command": ["sh", "-c", script, "sh", path],
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                    "volumeMounts": [{"name": "volume", "mountPath": path}],
                }
            ],
            "volumes": [{"name": "volume", "persistentVolumeClaim": {"claimName": claim}}],
        },
    }
