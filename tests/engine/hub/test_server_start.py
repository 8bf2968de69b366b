"""Start of a user's server: profiles by group and growth of homes, with the real KubeSpawner and API server.

Without a kubelet, pods stay pending; the tests assert only what happens before.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from components.in_hub import messages
from tests.engine.hub.conftest import CreateNamespace, StartHub, ValuesFor
from tests.engine.hub.deployments import Deployment
from tests.engine.hub.hub_namespace import (
    EXPANDABLE,
    FIXED,
    create_hub_namespace,
    hub_environment,
)
from tests.support.api_server import ApiServer
from tests.support.hub_process import Visitor, page_of_refused_start
from tests.support.hub_users import MEMBERS, MODELLERS, PASSWORD, People

pytestmark = pytest.mark.engine

PROFILES = [
    {"name": "Large memory", "ramGb": 8, "gpus": 2, "groups": [MODELLERS]},
    {"name": "Small", "ramGb": 1, "description": "For <script>tests()</script>"},
    {"name": "Two cores", "cpus": 2},
]
HOMES = "hub-tests-homes"
NO_PERMISSIONS = "hub-tests-no-permissions"


@pytest.fixture(scope="module")
def deployment(start_hub: StartHub, values_for: ValuesFor, create_namespace: CreateNamespace) -> Iterator[Deployment]:
    """A tenancy with homes of 20 GB, increased from 10 GB, and with a profile for a group."""
    namespace, environment = create_namespace(HOMES)
    values = values_for(
        notebookStorageGb=20,
        storage={"className": EXPANDABLE},
        notebook={"profiles": PROFILES, "furtherServers": 1},
    )
    home = {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}  # as z2jh does
    values["jupyterhub"]["hub"]["config"]["KubeSpawner"]["volumes"] = [home]
    with start_hub(values, environment) as hub:
        yield Deployment(hub, namespace)


def offered_profiles(visitor: Visitor) -> list[str]:
    return re.findall(r'id="profile-item-([^"]+)"', visitor.get("/hub/spawn").text)


def test_profile_of_a_group_is_offered_only_to_members(deployment: Deployment) -> None:
    assert offered_profiles(deployment.hub.log_in("mona", PASSWORD)) == ["large-memory", "small", "two-cores"]
    assert offered_profiles(deployment.hub.log_in("anna", PASSWORD)) == ["small", "two-cores"]


def test_description_of_a_profile_is_shown_as_text(deployment: Deployment) -> None:
    page = deployment.hub.log_in("anna", PASSWORD).get("/hub/spawn").text
    assert "For &lt;script&gt;tests()&lt;/script&gt;" in page
    assert "<script>tests()" not in page


def test_member_of_the_group_gets_the_profile(deployment: Deployment) -> None:
    deployment.start_server("mona", "large-memory")

    container = deployment.namespace.pod("mona")["spec"]["containers"][0]
    assert container["resources"]["limits"]["memory"] == str(8 * 1024**3)
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "2"
    # The GPUs of the profile are added to the limits of all servers.
    assert container["resources"]["limits"]["ephemeral-storage"] == "20Gi"
    assert container["resources"]["requests"]["ephemeral-storage"] == "0"
    # The device plugin sets the variable, and one of the pod would replace it.
    assert "NVIDIA_VISIBLE_DEVICES" not in [each["name"] for each in container["env"]]


def test_server_without_gpus_sees_none(deployment: Deployment, newcomer: str) -> None:
    deployment.start_server(newcomer, "small")

    container = deployment.namespace.pod(newcomer)["spec"]["containers"][0]
    assert set(container["resources"]["limits"]) == {"cpu", "memory", "ephemeral-storage"}
    assert {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"} in container["env"]


def test_forged_choice_of_a_profile_is_refused(deployment: Deployment) -> None:
    page = deployment.start_server("anna", "large-memory").page.text

    assert "the profile large-memory is not offered to you (offered: small, two-cores)" in page
    assert deployment.namespace.kubectl("get", "pods", "--output=name").count("jupyter-anna") == 0


def test_forged_choice_through_the_api_is_refused(deployment: Deployment) -> None:
    visitor = deployment.hub.log_in("1eve", PASSWORD)

    answer = visitor.post_json("/hub/api/users/1eve/server", {"profile": "large-memory"})

    assert answer.status_code >= 400
    assert deployment.namespace.kubectl("get", "pods", "--output=name").count("1eve") == 0


def test_former_member_loses_the_profile_at_the_next_log_in(deployment: Deployment, people: People) -> None:
    people.add("leaver")
    people.join(MEMBERS, "leaver")
    people.join(MODELLERS, "leaver")
    assert "large-memory" in offered_profiles(deployment.hub.log_in("leaver", PASSWORD))
    people.leave(MODELLERS, "leaver")

    assert "large-memory" not in offered_profiles(deployment.hub.log_in("leaver", PASSWORD))


@pytest.fixture
def newcomer(people: People) -> str:
    """A new member, for one test."""
    name = f"user-{token_hex(4)}"
    people.add(name)
    people.join(MEMBERS, name)
    return name


def test_smaller_home_grows_at_the_next_server_start(deployment: Deployment, newcomer: str) -> None:
    deployment.namespace.create_claim(newcomer, "10Gi", EXPANDABLE)

    deployment.start_server(newcomer, "small")

    assert deployment.namespace.pod(newcomer)
    assert deployment.namespace.requested_size(newcomer) == "20Gi"
    assert deployment.namespace.warnings(newcomer) == []
    assert f"home claim-{newcomer} grows from 10Gi to 20Gi" in deployment.hub.log()


def test_server_starts_if_the_home_cannot_grow(deployment: Deployment, newcomer: str) -> None:
    deployment.namespace.create_claim(newcomer, "10Gi", FIXED)

    deployment.start_server(newcomer, "small")

    assert deployment.namespace.pod(newcomer)
    assert deployment.namespace.requested_size(newcomer) == "10Gi"
    message = f"The home claim-{newcomer} stays at 10Gi instead of 20Gi: "
    [warning] = deployment.namespace.warnings(newcomer)
    assert warning.startswith(message)
    assert "storageclass that provisions the pvc must support resize" in warning
    assert message in deployment.hub.log()


@pytest.mark.parametrize("size", ["20Gi", "21474836480", "50Gi"])
def test_home_of_the_same_or_larger_size_is_not_changed(deployment: Deployment, newcomer: str, size: str) -> None:
    deployment.namespace.create_claim(newcomer, size, EXPANDABLE)
    before = deployment.namespace.read_claim(newcomer)

    deployment.start_server(newcomer, "small")

    assert deployment.namespace.pod(newcomer)
    assert deployment.namespace.read_claim(newcomer)["spec"] == before["spec"]
    assert deployment.namespace.warnings(newcomer) == []


def test_claim_without_a_volume_grows_at_a_later_start(deployment: Deployment, newcomer: str) -> None:
    deployment.namespace.create_claim(newcomer, "10Gi", EXPANDABLE, bound=False)

    deployment.start_server(newcomer, "small")

    assert deployment.namespace.pod(newcomer)
    assert deployment.namespace.requested_size(newcomer) == "10Gi"
    [warning] = deployment.namespace.warnings(newcomer)
    assert "it is Pending and can grow once it has a volume" in warning


def test_new_home_has_the_tenancys_size(deployment: Deployment, newcomer: str) -> None:
    deployment.start_server(newcomer, "small")

    assert deployment.namespace.pod(newcomer)
    assert deployment.namespace.requested_size(newcomer) == "20Gi"
    assert deployment.namespace.warnings(newcomer) == []


def test_further_server_has_the_home_of_the_usual_one(deployment: Deployment, newcomer: str) -> None:
    visitor = deployment.start_server(newcomer, "small")
    usual = deployment.namespace.pod(newcomer)

    visitor.post(f"/hub/spawn/{newcomer}/gpu", profile="two-cores")

    further = deployment.namespace.pod(f"{newcomer}--gpu")
    homes = [mounted_claims(pod) for pod in (usual, further)]
    assert homes == [[f"claim-{newcomer}"]] * 2
    claims = deployment.namespace.kubectl("get", "pvc", "--output=name").split()
    assert [name for name in claims if newcomer in name] == [f"persistentvolumeclaim/claim-{newcomer}"]
    assert further["spec"]["containers"][0]["resources"]["limits"]["cpu"] == "2"


def test_further_server_alone_creates_the_usual_home(deployment: Deployment, newcomer: str) -> None:
    visitor = deployment.hub.log_in(newcomer, PASSWORD)

    visitor.post(f"/hub/spawn/{newcomer}/gpu", profile="small")

    assert mounted_claims(deployment.namespace.pod(f"{newcomer}--gpu")) == [f"claim-{newcomer}"]
    assert deployment.namespace.requested_size(newcomer) == "20Gi"


def test_servers_of_a_user_run_on_the_same_node(deployment: Deployment, newcomer: str) -> None:
    deployment.start_server(newcomer, "small")

    pod = deployment.namespace.pod(newcomer)
    [term] = pod["spec"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    labels = term["labelSelector"]["matchLabels"]
    assert labels == {"hub.jupyter.org/username": newcomer, "component": "singleuser-server"}
    assert labels.items() <= pod["metadata"]["labels"].items()


def mounted_claims(pod: dict[str, Any]) -> list[str]:
    volumes = [each.get("persistentVolumeClaim") for each in pod["spec"]["volumes"]]
    return [volume["claimName"] for volume in volumes if volume]


def test_home_whose_owner_cannot_be_recorded_is_not_mounted(
    start_hub: StartHub,
    values_for: ValuesFor,
    people: People,
    newcomer: str,
    api_server: ApiServer,
    tmp_path: Path,
) -> None:
    namespace = create_hub_namespace(api_server, NO_PERMISSIONS)
    namespace.create_claim(newcomer, "10Gi", EXPANDABLE)
    values = values_for(notebookStorageGb=20, storage={"className": EXPANDABLE})

    with start_hub(values, hub_environment(namespace, tmp_path)) as hub:
        page = page_of_refused_start(hub.log_in(newcomer, PASSWORD), newcomer)
        log = hub.log()

    assert messages.owner_unknown() in page
    assert 'cannot patch resource "persistentvolumeclaims"' in log
    assert f"the owner of home claim-{newcomer} is not known: 403 Forbidden" in log
    assert namespace.kubectl("get", "pods", "--output=name") == ""
    assert namespace.requested_size(newcomer) == "10Gi"


def test_page_of_a_server_that_has_not_ended_by_itself_gives_no_reason(deployment: Deployment, newcomer: str) -> None:
    """The node's own reasons are in ``tests/cluster/test_limits.py``: here, no kubelet ends a server."""
    visitor = deployment.hub.log_in(newcomer, PASSWORD)
    visitor.session.headers["Accept"] = "text/html"  # other requests get no page
    page = visitor.get(f"/hub/user/{newcomer}/").text
    assert "is not running" in page
    assert "Your server was stopped" not in page
