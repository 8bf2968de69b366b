"""What happens when a user starts a server: profiles for groups, homes that grow. Real KubeSpawner, real API server.

There is no kubelet, so that pods stay pending; all that is asserted is done before.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import pytest

from tests.engine.hub.cluster import EXPANDABLE, FIXED, HubNamespace, hub_environment, hub_namespace, rendered_role
from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.api_server import ApiServer
from tests.support.hub_process import Hub, Visitor, short_lived
from tests.support.hub_users import CLUSTER, MEMBERS, MODELLERS, PASSWORD, People

pytestmark = pytest.mark.engine

PROFILES = [
    {"name": "Large memory", "ramGb": 8, "groups": [MODELLERS]},
    {"name": "Small", "ramGb": 1},
    {"name": "Two cores", "cpus": 2},
]
HOMES = "hub-tests-homes"
NO_RIGHTS = "hub-tests-no-rights"
LONG_RUN = "hub-tests-long-run"
LIFE_SECONDS = 15


@dataclass
class Place:
    """A hub and the namespace its users' servers are in."""

    hub: Hub
    namespace: HubNamespace

    def starts(self, user: str, profile: str = "") -> Visitor:
        """The user logs in, chooses and waits until the hub has begun or refused."""
        visitor = self.hub.log_in(user, PASSWORD)
        assert visitor.is_in, visitor.message
        visitor.get("/hub/spawn")
        visitor.post("/hub/spawn", **({"profile": profile} if profile else {}))
        return visitor


@pytest.fixture(scope="module")
def place(
    start_hub: StartHub,
    values_for: ValuesFor,
    people: People,
    api_server: ApiServer,
    tools: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    """A tenancy with 20 GB homes, which had 10 GB once, and a profile for a group."""
    folder = tmp_path_factory.mktemp("hub-namespace")
    role = rendered_role(tools, folder, CLUSTER, HOMES)
    namespace = hub_namespace(api_server, HOMES, role)
    values = values_for(notebookStorageGb=20, storage={"className": EXPANDABLE}, notebook={"profiles": PROFILES})
    with start_hub(values, hub_environment(namespace, folder)) as hub:
        yield Place(hub, namespace)


def profiles_on_the_page(visitor: Visitor) -> list[str]:
    return re.findall(r'id="profile-item-([^"]+)"', visitor.get("/hub/spawn").text)


def test_a_profile_for_a_group_is_shown_to_its_members_only(place: Place) -> None:
    assert profiles_on_the_page(place.hub.log_in("mona", PASSWORD)) == ["large-memory", "small", "two-cores"]
    assert profiles_on_the_page(place.hub.log_in("anna", PASSWORD)) == ["small", "two-cores"]


def test_a_member_of_the_group_gets_the_profile(place: Place) -> None:
    place.starts("mona", "large-memory")

    container = place.namespace.pod("mona")["spec"]["containers"][0]
    assert container["resources"]["limits"]["memory"] == str(8 * 1024**3)


def test_a_forged_choice_is_refused_and_no_server_starts(place: Place) -> None:
    anna = place.starts("anna", "large-memory")

    assert anna.page.status_code != 302
    assert "No such profile: large-memory. Options include: small, two-cores" in place.hub.log()
    assert place.namespace.kubectl("get", "pods", "--output=name").count("jupyter-anna") == 0


def test_a_choice_forged_by_the_api_is_refused_too(place: Place) -> None:
    visitor = place.hub.log_in("1eve", PASSWORD)

    answer = visitor.post_json("/hub/api/users/1eve/server", {"profile": "large-memory"})

    assert answer.status_code >= 400
    assert place.namespace.kubectl("get", "pods", "--output=name").count("1eve") == 0


def test_who_leaves_a_profiles_group_has_it_no_more_from_the_next_log_in(place: Place, people: People) -> None:
    people.add("leaver")
    people.join(MEMBERS, "leaver")
    people.join(MODELLERS, "leaver")
    assert "large-memory" in profiles_on_the_page(place.hub.log_in("leaver", PASSWORD))
    people.leave(MODELLERS, "leaver")

    assert "large-memory" not in profiles_on_the_page(place.hub.log_in("leaver", PASSWORD))


@pytest.fixture
def newcomer(people: People) -> str:
    """A member with a name of the test's own."""
    name = f"user-{token_hex(4)}"
    people.add(name)
    people.join(MEMBERS, name)
    return name


def test_a_home_smaller_than_the_tenancys_grows_at_the_next_server_start(place: Place, newcomer: str) -> None:
    place.namespace.claim(newcomer, "10Gi", EXPANDABLE)

    place.starts(newcomer, "small")

    assert place.namespace.pod(newcomer)
    assert place.namespace.requested(newcomer) == "20Gi"
    assert place.namespace.warnings(newcomer) == []
    assert f"home claim-{newcomer} grows from 10Gi to 20Gi" in place.hub.log()


def test_a_home_that_cannot_grow_keeps_nobody_from_a_server_and_warns_in_log_and_events(
    place: Place, newcomer: str
) -> None:
    place.namespace.claim(newcomer, "10Gi", FIXED)

    place.starts(newcomer, "small")

    assert place.namespace.pod(newcomer)
    assert place.namespace.requested(newcomer) == "10Gi"
    said = f"The home claim-{newcomer} stays at 10Gi instead of 20Gi: "
    [warning] = place.namespace.warnings(newcomer)
    assert warning.startswith(said)
    assert "storageclass that provisions the pvc must support resize" in warning
    assert said in place.hub.log()


@pytest.mark.parametrize("size", ["20Gi", "21474836480", "50Gi"])
def test_a_home_as_large_or_larger_is_left_as_it_is(place: Place, newcomer: str, size: str) -> None:
    place.namespace.claim(newcomer, size, EXPANDABLE)
    before = place.namespace.claimed(newcomer)

    place.starts(newcomer, "small")

    assert place.namespace.pod(newcomer)
    assert place.namespace.claimed(newcomer)["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert place.namespace.warnings(newcomer) == []


def test_a_claim_without_a_volume_is_left_for_a_later_start(place: Place, newcomer: str) -> None:
    place.namespace.claim(newcomer, "10Gi", EXPANDABLE, bound=False)

    place.starts(newcomer, "small")

    assert place.namespace.pod(newcomer)
    assert place.namespace.requested(newcomer) == "10Gi"
    [warning] = place.namespace.warnings(newcomer)
    assert "it is Pending and can grow once it has a volume" in warning


def test_a_new_user_gets_a_home_of_the_tenancys_size(place: Place, newcomer: str) -> None:
    place.starts(newcomer, "small")

    assert place.namespace.pod(newcomer)
    assert place.namespace.requested(newcomer) == "20Gi"
    assert place.namespace.warnings(newcomer) == []


def test_the_token_of_somebody_whose_server_runs_goes_on_working(
    start_hub: StartHub, values_for: ValuesFor, newcomer: str, api_server: ApiServer, tmp_path: Path
) -> None:
    namespace = hub_namespace(api_server, LONG_RUN)
    values = short_lived(values_for(), seconds=LIFE_SECONDS)

    with start_hub(values, hub_environment(namespace, tmp_path)) as hub:
        visitor = hub.log_in(newcomer, PASSWORD)
        token = visitor.new_token(newcomer)
        visitor.get("/hub/spawn")
        assert namespace.pod(newcomer)

        time.sleep(LIFE_SECONDS + 1)

        assert hub.accepts(token)


def test_without_our_charts_role_the_server_still_starts_and_the_log_names_the_missing_right(
    start_hub: StartHub,
    values_for: ValuesFor,
    people: People,
    newcomer: str,
    api_server: ApiServer,
    tmp_path: Path,
) -> None:
    namespace = hub_namespace(api_server, NO_RIGHTS)
    namespace.claim(newcomer, "10Gi", EXPANDABLE)
    values = values_for(notebookStorageGb=20, storage={"className": EXPANDABLE})

    with start_hub(values, hub_environment(namespace, tmp_path)) as hub:
        visitor = hub.log_in(newcomer, PASSWORD)
        visitor.get("/hub/spawn")

        assert namespace.pod(newcomer)
        assert namespace.requested(newcomer) == "10Gi"
        assert 'cannot patch resource "persistentvolumeclaims"' in hub.log()
