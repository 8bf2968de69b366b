"""A home that an earlier, smaller tenancy made grows at its owner's next server start, on the real node.

No file system is resized here: the node's volumes are folders, so the claim's wish is all that can grow.
"""

import json
import time
from collections.abc import Iterator

import pytest

from local import directory, lifecycle
from local.host.commands import output
from local.paths import State
from local.tenancy import web
from tests.support.node_capacity import make_room
from tests.support.person import Person

pytestmark = pytest.mark.cluster

USER, CLAIM, POD = "carol", "claim-carol", "jupyter-carol"
SMALL, WANTED = "512Mi", "1Gi"
EXPANDABLE, FIXED = "local-path-delete", "growth-test-fixed"
WAIT = "--timeout=60s"
FIXED_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": FIXED},
    "provisioner": "rancher.io/local-path",
    "volumeBindingMode": "WaitForFirstConsumer",
    "reclaimPolicy": "Delete",
    "allowVolumeExpansion": False,
}


class Home:
    """Carol's home as the cluster has it."""

    def __init__(self, state: State) -> None:
        self._state = state

    def kubectl(self, *words: str, stdin: object = None) -> str:
        """What kubectl prints."""
        return output(
            [self._state.bin / "kubectl", "--kubeconfig", self._state.kubeconfig, "--namespace", web.NAMESPACE, *words],
            stdin=None if stdin is None else json.dumps(stdin),
            timeout_seconds=90,
        )

    def make_small(self, storage_class: str) -> None:
        """A bound claim of the smaller size, with a file in it; a claim that was never used cannot grow."""
        self.remove()
        metadata = {"namespace": web.NAMESPACE}
        claim = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": CLAIM, **metadata},
            "spec": {
                "storageClassName": storage_class,
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": SMALL}},
            },
        }
        writer = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "growth-test", **metadata},
            "spec": {
                "restartPolicy": "Never",
                "automountServiceAccountToken": False,
                "securityContext": {"runAsUser": 1000},
                "containers": [
                    {
                        "name": "writer",
                        "image": "localhost/pangeo/base:local",
                        "imagePullPolicy": "Never",
                        "command": ["sh", "-c", f"echo {storage_class} > /home/of.txt"],
                        "volumeMounts": [{"name": "home", "mountPath": "/home"}],
                    }
                ],
                "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": CLAIM}}],
            },
        }
        for each in (claim, writer):
            self.kubectl("create", "--filename", "-", stdin=each)
        self.kubectl("wait", "pod/growth-test", "--for=jsonpath={.status.phase}=Succeeded", WAIT)
        self.kubectl("delete", "pod/growth-test", WAIT)
        assert self.requested() == SMALL

    def requested(self) -> str:
        """The size the claim asks for."""
        return self.kubectl("get", "pvc", CLAIM, "--output", "jsonpath={.spec.resources.requests.storage}")

    def warnings(self) -> list[str]:
        """What the events on the claim that is there now warn of."""
        uid = self.kubectl("get", "pvc", CLAIM, "--output", "jsonpath={.metadata.uid}")
        selector = f"type=Warning,involvedObject.uid={uid}"
        found = self.kubectl("get", "events", "--field-selector", selector, "--output", "json")
        return [event["message"] for event in json.loads(found)["items"]]

    def remove(self) -> None:
        """The claim and what uses it."""
        self.kubectl("delete", "pod", POD, "growth-test", "--ignore-not-found", WAIT)
        self.kubectl("delete", "pvc", CLAIM, "--ignore-not-found", WAIT)


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    state = State()
    home = Home(state)
    home.kubectl("apply", "--filename", "-", stdin=FIXED_CLASS)
    yield home
    home.remove()
    home.kubectl("delete", "storageclass", FIXED, WAIT)


@pytest.fixture
def carol(home: Home) -> Iterator[Person]:
    """A member of the group, whose server does not run before or after the test."""
    state = State()
    make_room(state)
    carol = Person(state, USER)
    was_none = directory.grant(state, USER, lifecycle.NOTEBOOK_USERS)
    assert carol.log_in() == 200
    carol.stop_server()
    yield carol
    carol.stop_server()
    if was_none:
        directory.revoke(state, USER, lifecycle.NOTEBOOK_USERS)


def test_a_home_grows_at_the_next_server_start_and_keeps_its_files(home: Home, carol: Person) -> None:
    home.make_small(EXPANDABLE)

    carol.start_server()

    assert home.requested() == WANTED
    assert carol.read("of.txt") == f"{EXPANDABLE}\n"
    assert home.warnings() == []


def test_where_the_class_cannot_expand_the_user_has_a_server_and_the_operator_a_warning(
    home: Home, carol: Person
) -> None:
    home.make_small(FIXED)

    carol.start_server()

    assert home.requested() == SMALL
    assert carol.read("of.txt") == f"{FIXED}\n"
    assert f"The home {CLAIM} stays at {SMALL} instead of {WANTED}" in said(home)


def said(home: Home) -> str:
    deadline = time.monotonic() + 30
    while not home.warnings() and time.monotonic() < deadline:
        time.sleep(0.2)
    return "\n".join(home.warnings())
