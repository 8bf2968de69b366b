"""Choices of a profile, an image and a size, with the real KubeSpawner: the page, forms, links and the API.

Without a kubelet, pods stay pending; the tests assert only what happens before.
"""

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.engine.hub.conftest import CreateNamespace, ValuesFor
from tests.engine.hub.deployments import Deployment
from tests.support.hub_process import Visitor, running_hub
from tests.support.hub_users import MEMBERS, MODELLERS, PASSWORD, People

pytestmark = pytest.mark.engine

PANGEO, LEARNING = "quay.io/pangeo/pangeo-notebook:1", "quay.io/pangeo/ml-notebook:1"
OWN = "registry.example.org/own/a:1"
FREE: dict[str, Any] = {
    "name": "Free",
    "images": [{"name": "Pangeo", "image": PANGEO}, {"name": "Machine learning", "image": LEARNING}],
    "customImages": {"pattern": "registry.example.org/own/*"},
    "sizes": [{"name": "Small", "ramGb": 1}, {"name": "Large", "ramGb": 8}],
}
PLAIN: dict[str, Any] = {"name": "Plain", "ramGb": 2, "pool": "plain"}
PROFILES = [PLAIN, FREE, {**FREE, "name": "Models", "groups": [MODELLERS]}, {"name": "plain!", "ramGb": 3}]
TAINT = {"key": "example.org/pool", "value": "plain", "effect": "NoSchedule"}
NODES = {"count": 2, "cpus": 8, "ramGb": 32}
POOLS = [
    {"name": "users", "labels": {"pool": "users"}, **NODES},
    {"name": "plain", "labels": {"pool": "plain"}, "taints": [TAINT], "purposes": ["notebooks"], **NODES},
]
IMAGE, WRITTEN, SIZE = (f"profile-option-free--{key}" for key in ("image", "image--unlisted-choice", "size"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the hub, with its database."""
    return tmp_path_factory.mktemp("hub")


@pytest.fixture(scope="module")
def deployments(
    hub_python: Path, folder: Path, values_for: ValuesFor, create_namespace: CreateNamespace
) -> Iterator[Callable[..., Deployment]]:
    """Return a function that restarts the hub with other profiles."""
    namespace, environment = create_namespace("hub-tests-choices")
    running: list[Any] = []

    def restart(*profiles: dict[str, Any]) -> Deployment:
        while running:
            running.pop().__exit__(None, None, None)
        started = running_hub(
            hub_python, folder, values_for(notebook={"profiles": list(profiles)}, workers={"pools": POOLS}), environment
        )
        hub = started.__enter__()
        running.append(started)
        return Deployment(hub, namespace)

    yield restart
    while running:
        running.pop().__exit__(None, None, None)


@pytest.fixture(scope="module")
def deployment(deployments: Callable[..., Deployment]) -> Deployment:
    """A tenancy with a profile with choices, for all users and for a group."""
    return deployments(*PROFILES)


@pytest.fixture
def newcomer(people: People) -> str:
    """A new member, for one test."""
    name = f"user-{token_hex(4)}"
    people.add(name)
    people.join(MEMBERS, name)
    return name


def start(deployment: Deployment, user: str, **form: str) -> Visitor:
    """Send the form of the page that starts a server."""
    visitor = deployment.hub.log_in(user, PASSWORD)
    visitor.get("/hub/spawn")
    visitor.post("/hub/spawn", **form)
    return visitor


def message(page: str) -> str:
    """Return the error on the page that starts a server."""
    found = re.search(r'class="spawn-error-msg[^>]*>(.*?)</p>', page, re.DOTALL)
    return unescape(found[1]).strip() if found else ""


def has_pod(deployment: Deployment, user: str) -> bool:
    return f"jupyter-{user}" in deployment.namespace.kubectl("get", "pods", "--output=name")


def preselected(page: str) -> list[str]:
    """Return the values of the page's fields, in their order."""
    fields = (
        r'<input type="radio"[^>]*value="([^"]*)"[^>]*checked',
        r'<option value="([^"]*)" selected',
        r'type="text"[^>]*value="([^"]+)"',
    )
    return [unescape("".join(groups)) for groups in re.findall("|".join(fields), page)]


def test_server_has_the_chosen_image_and_size(deployment: Deployment, newcomer: str) -> None:
    start(deployment, newcomer, profile="free", **{IMAGE: "Machine learning", SIZE: "Large", WRITTEN: ""})

    container = deployment.namespace.pod(newcomer)["spec"]["containers"][0]
    assert container["image"] == LEARNING
    assert container["resources"]["limits"]["memory"] == str(8 * 1024**3)


def test_server_without_a_choice_has_the_default_image_and_size(deployment: Deployment, newcomer: str) -> None:
    start(deployment, newcomer, profile="free")

    container = deployment.namespace.pod(newcomer)["spec"]["containers"][0]
    assert (container["image"], container["resources"]["limits"]["memory"]) == (PANGEO, str(1024**3))


def test_server_has_the_image_that_the_user_wrote(deployment: Deployment, newcomer: str) -> None:
    start(deployment, newcomer, profile="free", **{IMAGE: "", WRITTEN: OWN})

    assert deployment.namespace.pod(newcomer)["spec"]["containers"][0]["image"] == OWN


@pytest.mark.parametrize(("profile", "pools"), [("plain", ["plain"]), ("free", ["users", "plain"])])
def test_server_runs_on_the_pools_of_its_profile(
    deployment: Deployment, newcomer: str, profile: str, pools: list[str]
) -> None:
    start(deployment, newcomer, profile=profile)

    spec = deployment.namespace.pod(newcomer)["spec"]
    required = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    terms = [term["matchExpressions"] for term in required["nodeSelectorTerms"]]
    assert terms == [[{"key": "pool", "operator": "In", "values": [pool]}] for pool in pools]
    own = [each for each in spec["tolerations"] if not each["key"].startswith("node.kubernetes.io/")]
    assert own == [{**TAINT, "operator": "Equal"}]


def test_profile_with_the_slug_of_another_one_can_be_chosen(deployment: Deployment, newcomer: str) -> None:
    start(deployment, newcomer, profile="plain-4")

    container = deployment.namespace.pod(newcomer)["spec"]["containers"][0]
    assert container["resources"]["limits"]["memory"] == str(3 * 1024**3)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"profile": "models"}, "the profile models is not offered to you (offered: plain, free, plain-4)"),
        ({"profile": "free", IMAGE: "X"}, "the image X is not offered to you (offered: Pangeo, Machine learning)"),
        ({"profile": "free", IMAGE: "", WRITTEN: "registry.example.org.evil.com/own/a:1"}, "is not permitted"),
        ({"profile": "free", IMAGE: "", WRITTEN: f"{OWN}\n"}, "is not permitted"),
        ({"profile": "free", IMAGE: "", WRITTEN: ""}, "no image is written"),
        ({"profile": "plain", "profile-option-plain--image": "X"}, "image is not a choice of the profile Plain"),
        ({WRITTEN: OWN}, "no profile is chosen"),
        ({"profile": "free", "cmd": "sh"}, "'cmd' is not a choice"),
        ({"profile": "plain", "profile-option-plain--pool": "users"}, "pool is not a choice of the profile Plain"),
    ],
)
def test_forged_form_is_refused_on_the_page(
    deployment: Deployment, newcomer: str, form: dict[str, str], problem: str
) -> None:
    visitor = start(deployment, newcomer, **form)

    assert visitor.page.status_code == 400
    assert problem in message(visitor.page.text)
    assert not has_pod(deployment, newcomer)


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ({"profile": "models"}, "the profile models is not offered to you"),
        ({"profile": "free", "image": "X"}, "the image X is not offered to you"),
        ({"profile": "free", "image--unlisted-choice": "evil.com/own/a:1"}, "is not permitted"),
        ({"profile": "free", "image--unlisted-choice": [OWN]}, "is not permitted"),
        ({"profile": "plain", "image--unlisted-choice": OWN}, "is not a choice of the profile Plain"),
        ({"image--unlisted-choice": "evil.com/own/a:1"}, "no profile is chosen"),
        ({"profile": "free", "size": {"mem_limit": "64G"}}, "is not offered to you (offered: Small, Large)"),
        ({"profile": "free", "uid": 0}, "uid is not a choice of the profile Free"),
        ({"profile": "plain", "node_affinity_required": []}, "node_affinity_required is not a choice of the profile"),
        ({"profile": "plain", "tolerations": [{"operator": "Exists"}]}, "tolerations is not a choice of the profile"),
    ],
)
def test_forged_request_is_refused(deployment: Deployment, newcomer: str, choice: dict[str, Any], problem: str) -> None:
    visitor = deployment.hub.log_in(newcomer, PASSWORD)

    answer = visitor.post_json(f"/hub/api/users/{newcomer}/server", choice)

    assert answer.status_code == 400
    assert problem in answer.json()["message"]
    assert not has_pod(deployment, newcomer)


def test_link_of_a_stranger_cannot_start_an_image_that_is_not_listed(deployment: Deployment, newcomer: str) -> None:
    visitor = deployment.hub.log_in(newcomer, PASSWORD)

    page = visitor.get(f"/hub/spawn?profile=free&{WRITTEN}={OWN}")

    assert "a link must not choose an image that is not listed" in message(page.text)
    assert not has_pod(deployment, newcomer)


def test_link_to_a_page_of_the_server_survives_log_in_and_the_choice(deployment: Deployment, newcomer: str) -> None:
    link = "/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgit.example.org%2Fcourse&urlpath=lab%2Ftree%2Fcourse"
    visitor = deployment.hub.visitor()
    log_in = visitor.get(link).url
    visitor.post(log_in.removeprefix(deployment.hub.url), username=newcomer, password=PASSWORD)
    page = visitor.get(visitor.page.headers["Location"])
    assert 'name="profile"' in page.text

    answer = visitor.post(page.url.removeprefix(deployment.hub.url), profile="plain")

    target = f"/user/{newcomer}/git-pull?repo=https%3A%2F%2Fgit.example.org%2Fcourse&urlpath=lab%2Ftree%2Fcourse"
    assert answer.status_code == 302
    assert f"/hub/spawn-pending/{newcomer}" in answer.headers["Location"]
    assert parameter(answer.headers["Location"], "next") == target
    assert has_pod(deployment, newcomer)


def parameter(url: str, name: str) -> str:
    return parse_qs(urlsplit(url).query)[name][0]


def test_last_choice_is_remembered_while_it_is_offered(
    deployment: Deployment, deployments: Callable[..., Deployment], newcomer: str
) -> None:
    page = deployment.hub.log_in(newcomer, PASSWORD).get("/hub/spawn").text
    assert preselected(page) == ["plain", "Pangeo", "Small"]
    start(deployment, newcomer, profile="free", **{IMAGE: "", WRITTEN: OWN, SIZE: "Large"})

    restarted = deployments(*PROFILES)
    page = restarted.hub.log_in(newcomer, PASSWORD).get("/hub/spawn").text
    assert preselected(page) == ["free", "", OWN, "Large"]

    changed = deployments(PLAIN, {**FREE, "customImages": {"pattern": "registry.example.org/other/*"}})
    visitor = changed.hub.log_in(newcomer, PASSWORD)
    assert preselected(visitor.get("/hub/spawn").text) == ["free", "Pangeo", "Large"]
    changed.namespace.kubectl("delete", "pods", "--all", "--grace-period=0", "--force")
    answer = visitor.post_json(f"/hub/api/users/{newcomer}/server")
    assert answer.status_code == 400
    assert f"the image {OWN} is not permitted" in answer.json()["message"]

    without = deployments(PLAIN)
    assert preselected(without.hub.log_in(newcomer, PASSWORD).get("/hub/spawn").text) == ["plain"]


def test_last_choice_is_forgotten_in_a_tenancy_without_profiles(
    deployments: Callable[..., Deployment], newcomer: str
) -> None:
    start(deployments(PLAIN), newcomer, profile="plain")
    changed = deployments()
    changed.namespace.kubectl("delete", "pods", "--all", "--grace-period=0", "--force")
    visitor = changed.hub.log_in(newcomer, PASSWORD)

    refused = visitor.post_json(f"/hub/api/users/{newcomer}/server", {"profile": "plain"})
    assert refused.status_code == 400
    visitor.get("/hub/spawn")

    container = changed.namespace.pod(newcomer)["spec"]["containers"][0]
    assert container["resources"]["limits"]["memory"] == str(1024**3)
