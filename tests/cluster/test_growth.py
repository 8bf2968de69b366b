"""Growth of an existing home to the size of its user in ``sizes``, and of the hub's database, on the real node.

No file system is resized here: the node's volumes are folders, so only the size in the claim grows.
"""

import json
import time
from collections.abc import Iterator

import pytest

from components.config.stack_file import read_stack, stack_path
from components.in_hub.quantity import size_bytes
from components.ownership.claims import DATABASE_CLAIM
from local import directory, lifecycle
from local.images.definitions import BASE
from local.paths import State
from local.tenancy import web
from tests.support.kubectl import kubectl, list_objects, read_object
from tests.support.node_capacity import stop_admin_server
from tests.support.person import Person, local_person

pytestmark = pytest.mark.cluster

USER, CLAIM, POD = "carol", "claim-carol", "jupyter-carol"
OWN = read_stack(stack_path("local")).sizes.users[USER]
SMALL, WANTED = "512Mi", f"{OWN.storage_gb}Gi"
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
    """Carol's claim and the objects that use it."""

    def __init__(self, state: State) -> None:
        self._state = state

    def kubectl(self, *words: str, stdin: object = None) -> str:
        """Run kubectl with an object as its input; return its output."""
        return kubectl(self._state, *words, stdin=None if stdin is None else json.dumps(stdin))

    def make_small(self, storage_class: str) -> None:
        """Create a bound claim of the smaller size with a file; a claim that was never used cannot grow."""
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
                        "image": BASE.reference,
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
        """Return the size in the claim."""
        return str(read_object(self._state, "pvc", CLAIM)["spec"]["resources"]["requests"]["storage"])

    def server_ram_gb(self) -> float:
        """Return the memory limit of Carol's server."""
        [container] = read_object(self._state, "pod", POD)["spec"]["containers"]
        return float(size_bytes(container["resources"]["limits"]["memory"])) / 1024**3

    def warnings(self) -> list[str]:
        """Return the messages of the warning events of the current claim."""
        uid = read_object(self._state, "pvc", CLAIM)["metadata"]["uid"]
        selector = f"type=Warning,involvedObject.uid={uid}"
        return [event["message"] for event in list_objects(self._state, "events", "--field-selector", selector)]

    def remove(self) -> None:
        """Delete the claim and the pods that use it."""
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
    """A member of the group whose server is stopped before and after the test."""
    state = State()
    stop_admin_server(state)
    carol = local_person(state, USER)
    was_added = directory.grant(state, USER, lifecycle.NOTEBOOK_USERS)
    assert carol.log_in() == 200
    carol.stop_server()
    yield carol
    carol.stop_server()
    if was_added:
        directory.revoke(state, USER, lifecycle.NOTEBOOK_USERS)


def test_a_home_grows_to_its_users_size_at_the_next_start_and_keeps_its_files(home: Home, carol: Person) -> None:
    home.make_small(EXPANDABLE)

    carol.start_server()

    assert home.requested() == WANTED
    assert home.server_ram_gb() == OWN.ram_gb
    assert carol.read("of.txt") == f"{EXPANDABLE}\n"
    assert home.warnings() == []


def test_a_class_without_expansion_only_warns_the_operator(home: Home, carol: Person) -> None:
    home.make_small(FIXED)

    carol.start_server()

    assert home.requested() == SMALL
    assert carol.read("of.txt") == f"{FIXED}\n"
    assert f"The home {CLAIM} stays at {SMALL} instead of {WANTED}" in wait_for_warnings(home)


def test_the_claim_of_the_hubs_database_has_the_size_in_the_stack_file() -> None:
    claim = read_object(State(), "pvc", DATABASE_CLAIM)
    wanted = read_stack(stack_path("local")).storage.hub_database_gb
    assert claim["spec"]["resources"]["requests"]["storage"] == f"{wanted}Gi"


def wait_for_warnings(home: Home) -> str:
    deadline = time.monotonic() + 30
    while not home.warnings() and time.monotonic() < deadline:
        time.sleep(0.2)
    return "\n".join(home.warnings())
