"""Random changes of the values: the quick form of ``python -m tests.fuzz.values``."""

import random
from collections import Counter

import pytest

from components.chart.values import chart_values
from tests.fuzz.values.campaign import CHART_FILE, PREFERRED, run
from tests.fuzz.values.changes import Change, random_change
from tests.fuzz.values.oracle import changed_values, dangers
from tests.fuzz.values.places import known_places
from tests.fuzz.values.tenancies import random_tenancy
from tests.support.tenancies import tenancy

OWN = chart_values(tenancy(), chart_digest="0" * 64, secrets_digest="1" * 64)
CONFIG = ("jupyterhub", "hub", "config")


def test_every_accepted_change_is_harmless_and_every_tenancy_is_accepted() -> None:
    findings = run(count=60, seed=15, every=12)
    assert findings.problems == []
    assert findings.counts["dangerous"] > findings.counts["harmless"]


def test_changes_are_made_at_every_kind_of_place() -> None:
    places = known_places()
    assert (*CONFIG, "FreeIpaAuthenticator", "allow_all") in places
    assert ("jupyterhub", "hub", "args") in places
    assert ("dask-gateway", "gateway", "backend", "worker", "extraPodConfig", "anything") in places
    source = random.Random(0)
    layers = {random_change(source, PREFERRED).layer for _ in range(300)}
    assert layers == {"chart/values.yaml", "valueYamlFiles", "values", "inputs"}


def test_random_tenancies_differ_in_their_values() -> None:
    source = random.Random(0)
    assert len({str(chart_values(random_tenancy(source))) for _ in range(8)}) > 4


def test_random_tenancies_have_every_way_by_which_data_reach_users() -> None:
    source, ways = random.Random(0), Counter[str]()
    for given in (random_tenancy(source) for _ in range(120)):
        notebook, store = given.notebook, given.object_store
        ways["several folders"] += len(given.shared_folders) > 1
        ways["created folder"] += any(folder.create is not None for folder in given.shared_folders)
        ways["export"] += any(folder.nfs is not None for folder in given.shared_folders)
        ways["variables"] += bool(notebook.environment)
        ways["variables of groups"] += bool(notebook.group_environment)
        ways["variables of profiles"] += any(profile.environment for profile in notebook.profiles)
        ways["access keys of groups"] += store is not None and bool(store.group_credentials)
        ways["private networks"] += bool(given.network.reach)
        ways["proxy"] += given.network.proxy is not None
        ways["mirror"] += given.registries.mirror is not None
    assert [way for way, number in ways.items() if number < 2] == []


@pytest.mark.parametrize(
    ("layer", "place", "value"),
    [
        ("values", (*CONFIG, "Authenticator", "allow_all"), True),
        ("chart/values.yaml", (*CONFIG, "Authenticator", "allow_all"), True),
        ("valueYamlFiles", ("jupyterhub", "hub", "args"), ["--Authenticator.allow_all=True"]),
        ("values", ("jupyterhub", "singleuser", "networkPolicy", "ingress"), [{}]),
        ("values", (*CONFIG, "JupyterHub", "template_vars", "announcement"), "<script>"),
        ("inputs", ("postrender",), "sed"),
        ("chart/values.yaml", ("jupyterhub", "hub", "containerSecurityContext"), None),
        ("chart/values.yaml", ("jupyterhub", "singleuser", "networkPolicy"), None),
        ("values", ("jupyterhub", "hub", "networkPolicy"), None),
        ("values", ("jupyterhub", "hub", "nodeSelector"), {"x: y\n  hostNetwork": "true"}),
        ("values", ("jupyterhub", "hub", "labels"), {"azure.workload.identity/use": "true"}),
    ],
)
def test_the_oracle_knows_dangerous_changes(layer: str, place: tuple[str, ...], value: object) -> None:
    assert dangers(Change(layer, place, value), OWN, CHART_FILE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        Change("chart/values.yaml", (*CONFIG, "Authenticator", "allow_existing_users"), True),  # the program sets it
        Change("values", ("jupyterhub", "hub", "nodeSelector", "pool"), "core"),
        Change("inputs", ("timeout",), 600),
    ],
    ids=str,
)
def test_the_oracle_knows_harmless_changes(change: Change) -> None:
    assert dangers(change, OWN, CHART_FILE) == []


def test_the_oracle_merges_like_helm() -> None:
    change = Change("chart/values.yaml", ("dask-gateway", "gateway", "replicas"), 2)
    merged = changed_values(change, OWN, CHART_FILE)
    assert merged["dask-gateway"]["gateway"]["replicas"] == 2
    assert merged["dask-gateway"]["enabled"] is True
