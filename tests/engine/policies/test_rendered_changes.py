"""Changes of the values and their effect on the objects that Helm renders, compared with the verdict of the rules."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.chart.values import chart_values
from policies.merged import release_values
from policies.rule import Context, Resource
from tests.fuzz.values.campaign import CHART_FILE, PREFERRED, Checkout
from tests.fuzz.values.changes import Change, put, random_change
from tests.fuzz.values.rendered import RefusedByHelm, Renderer, hub_values, protected_parts
from tests.support.rendered_values import add_secrets
from tests.support.tenancies import tenancy

pytestmark = pytest.mark.engine

TENANCY = tenancy(
    storage={"create": {"provisioner": "cinder.csi.openstack.org"}, "hubDatabaseClass": "vis-pangeo-homes"},
    notebook__prePull=False,  # the local charts cannot pre-pull images
)
OWN = chart_values(TENANCY, chart_digest="0" * 64, secrets_digest="1" * 64)
CONFIG = ("jupyterhub", "hub", "config")
RENDERED_CHANGES = 12
PRIVILEGED = {"display_name": "x", "kubespawner_override": {"privileged": True}}

ATTACKS = [
    Change("chart/values.yaml", (*CONFIG, "Authenticator", "allow_all"), True),
    Change("chart/values.yaml", ("jupyterhub", "hub", "networkPolicy", "ingress"), [{}]),
    Change("chart/values.yaml", ("jupyterhub", "hub", "extraConfig", "zz"), "c.Authenticator.allow_all = True"),
    Change("values", (*CONFIG, "Authenticator", "admin_users"), ["admin", "mallory"]),
    Change("values", ("jupyterhub", "hub", "loadRoles", "user", "scopes"), ["access:servers", "admin:users"]),
    Change("values", ("jupyterhub", "proxy", "service", "type"), "LoadBalancer"),
    Change("values", ("jupyterhub", "singleuser", "networkPolicy", "ingress"), [{}]),
    Change("values", ("jupyterhub", "singleuser", "extraPodConfig"), {"hostNetwork": True}),
    Change("values", ("jupyterhub", "singleuser", "profileList"), [PRIVILEGED]),
    Change("values", ("dask", "egress", "users", 0, "to"), []),
    Change("values", ("dask-gateway", "traefik", "service", "type"), "LoadBalancer"),
    Change("chart/values.yaml", ("dask-gateway", "gateway", "extraConfig", "zz"), "c.ClusterConfig.idle_timeout = 0"),
]


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return Renderer(tmp_path_factory.mktemp("rendered"))


@pytest.fixture(scope="module")
def base(renderer: Renderer) -> Mapping[str, Any]:
    """The protected parts of the objects that are rendered from the program's own values."""
    return protected_parts(renderer.render(add_secrets(OWN)))


def test_accepted_changes_alter_no_protected_part(renderer: Renderer, base: Mapping[str, Any], tmp_path: Path) -> None:
    source, checkout, rendered = random.Random(15), Checkout(tmp_path), 0
    while rendered < RENDERED_CHANGES:
        change = random_change(source, PREFERRED)
        if change.layer not in ("values", "chart/values.yaml") or checkout.violations(change, TENANCY, OWN):
            continue
        rendered += 1
        try:
            found = protected_parts(renderer.after(change, OWN))
        except RefusedByHelm:
            continue
        assert found == base, str(change)


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_attacks_alter_protected_parts_and_are_refused(
    renderer: Renderer, base: Mapping[str, Any], tmp_path: Path, attack: Change
) -> None:
    assert protected_parts(renderer.after(attack, OWN)) != base
    assert "program-values" in Checkout(tmp_path).violations(attack, TENANCY, OWN)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((), None),
        (("jupyterhub", "hub", "config", "Authenticator", "allow_all"), True),
        (("jupyterhub", "hub", "config", "Authenticator"), None),
        (("jupyterhub", "singleuser", "nodeSelector"), {"pool": "users"}),
        (("jupyterhub", "singleuser", "storage", "extraLabels"), {"a": "b"}),
        (("jupyterhub", "singleuser", "extraLabels"), None),
        (("jupyterhub", "cull", "every"), 7),
        (("jupyterhub", "cull", "concurrency"), None),
    ],
    ids=str,
)
def test_rules_see_the_values_that_helm_merges(renderer: Renderer, place: tuple[str, ...], value: object) -> None:
    chart_file = put(CHART_FILE, place, value) if place else CHART_FILE
    try:
        rendered = hub_values(renderer.render(add_secrets(OWN), chart_file))
    except RefusedByHelm as refused:
        pytest.skip(str(refused))
    context = Context("vis", TENANCY, checkout=renderer.chart.parent)
    merged = release_values(Resource("", "", {"values": OWN}), context)["jupyterhub"]
    for part in ("singleuser", "cull"):
        assert _plain(rendered[part]) == _plain(merged[part])
    assert _plain(rendered["hub"]["config"]["Authenticator"]) == _plain(merged["hub"]["config"]["Authenticator"])


def _plain(tree: Any) -> Any:
    """Return a tree without nulls, which charts treat as absent."""
    if isinstance(tree, Mapping):
        return {key: _plain(tree[key]) for key in tree if tree[key] is not None}
    return [_plain(each) for each in tree] if isinstance(tree, list | tuple) else tree
