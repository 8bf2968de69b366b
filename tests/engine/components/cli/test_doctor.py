"""The doctor on a real hub, directory and API server, with one link broken at a time: it names that link."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest

from components.chart.values import Values
from components.cli.diagnose.doctor import BIND, GROUP, HUB_ASKS, diagnose
from components.cli.diagnose.result import State, exit_code
from components.cli.diagnose.user import ACCOUNT, MEMBERSHIP, USER
from components.config.problems import InvalidTenancy, Problem
from tests.engine.components.cli.conftest import STACK, Ingress, SetUp
from tests.engine.components.cli.deployment import Deployment
from tests.engine.components.cli.people_there import EXPIRED, IN, LOCKED, MEMBERS, NESTED, OUT, STALE, Directory
from tests.support.certificates import DAY, NOW, authority
from tests.support.hub_process import running_hub
from tests.support.ports import free_ports
from tests.support.scripted_server import Answer, scripted_server

pytestmark = pytest.mark.engine

CERTIFICATE, DOMAIN, SETTINGS, PODS = "hub certificate", "domain", "hub settings", "hub pods"


def test_where_nothing_is_broken_every_link_is_good(healthy: SetUp) -> None:
    found = healthy.doctor(IN)

    assert [each for each in found.values() if each.state is not State.GOOD] == [found[CERTIFICATE]]
    assert found[CERTIFICATE].state is State.WARNING, "it ends tomorrow"
    assert exit_code(found.values()) == 0
    assert list(found) == [
        DOMAIN,
        CERTIFICATE,
        "hub",
        PODS,
        SETTINGS,
        _directory(healthy),
        HUB_ASKS,
        BIND,
        GROUP,
        USER,
        ACCOUNT,
        MEMBERSHIP,
    ]


def test_a_name_that_leads_elsewhere(healthy: SetUp) -> None:
    broken = replace(healthy, resolves_to="192.0.2.7").broken(IN)

    assert set(broken) == {DOMAIN}
    assert broken[DOMAIN].told == "pangeo.day-two.example resolves to 192.0.2.7, not to externalIp 127.0.0.1"
    assert broken[DOMAIN].do == "make an A record pangeo.day-two.example for 127.0.0.1 in the DNS"


def test_nothing_at_the_address(healthy: SetUp) -> None:
    [port] = free_ports(1)
    broken = replace(healthy, https_port=port).broken(IN)

    assert set(broken) == {CERTIFICATE}
    assert broken[CERTIFICATE].told == (
        f"connecting to 127.0.0.1:{port}: the connection was refused: nothing listens there"
    )


def test_an_expired_certificate_with_its_dates(healthy: SetUp, ingress: Ingress) -> None:
    with ingress.serving(healthy.tenancy.domain, begin=NOW - 3 * DAY, end=NOW - DAY) as port:
        found = replace(healthy, https_port=port).doctor(IN)

    assert found[CERTIFICATE].state is State.BROKEN
    assert f"is good from {NOW - 3 * DAY:%Y-%m-%d %H:%M} UTC to {NOW - DAY:%Y-%m-%d %H:%M} UTC, and not now" in (
        found[CERTIFICATE].told
    )
    assert found[CERTIFICATE].do.startswith("put the right certificate into the Secret day-two/pangeo-tls")
    assert found["hub"].state is found[HUB_ASKS].state is State.UNKNOWN
    assert found[MEMBERSHIP].state is State.GOOD, "the rest is looked at all the same"


def test_a_certificate_for_another_host_with_the_names_it_has(healthy: SetUp, ingress: Ingress) -> None:
    with ingress.serving("other.example") as port:
        broken = replace(healthy, https_port=port).broken()

    assert "is not for pangeo.day-two.example; it names other.example" in broken[CERTIFICATE].told


def test_a_certificate_by_an_authority_nobody_trusts(healthy: SetUp) -> None:
    broken = replace(healthy, authority=authority("another").pem).broken()

    assert "is not signed by an authority that is trusted here" in broken[CERTIFICATE].told


def test_an_ingress_without_a_hub_behind_it(healthy: SetUp, ingress: Ingress) -> None:
    with ingress.serving(healthy.tenancy.domain, hub_port=free_ports(1)[0]) as port:
        broken = replace(healthy, https_port=port).broken()

    assert set(broken) == {"hub"}
    assert "https://pangeo.day-two.example/hub/health" in broken["hub"].told


def test_a_password_that_cannot_be_opened_hides_the_directorys_part_only(healthy: SetUp) -> None:
    def closed() -> str:
        raise InvalidTenancy("stacks/Pulumi.vis.yaml", [Problem("", "", "the bind password is encrypted")])

    found = {
        each.what: each for each in diagnose(healthy.tenancy, stack=STACK, user=IN, password=closed, env=healthy.env)
    }
    assert found[BIND].told == "not tried: the bind password is encrypted"
    assert {what for what, each in found.items() if each.state is State.UNKNOWN} == {BIND}


def test_a_hub_whose_pod_is_not_ready(healthy: SetUp, deployment: Deployment) -> None:
    deployment.ready("hub", 0)
    try:
        broken = healthy.broken()
    finally:
        deployment.ready("hub", 1)

    assert set(broken) == {PODS}
    assert broken[PODS].told == "hub: 0 of 1 ready"


def test_settings_that_let_others_in(healthy: SetUp, deployment: Deployment, values: Values) -> None:
    wrong = copy.deepcopy(values)
    config = wrong["jupyterhub"]["hub"]["config"]
    config["JupyterHub"]["authenticator_class"] = "dummy"
    config["LDAPAuthenticator"]["allowed_groups"] = ["cn=another,cn=groups"]
    deployment.settings(wrong)
    try:
        broken = healthy.broken(IN)
    finally:
        deployment.settings(values)

    assert set(broken) == {SETTINGS}
    assert "JupyterHub.authenticator_class is dummy, not ldap" in broken[SETTINGS].told
    assert f"allowed_groups is cn=another,cn=groups and lacks cn={MEMBERS}," in broken[SETTINGS].told
    assert "a" * 64 not in broken[SETTINGS].told, "the hub's secrets stand beside its settings"


def test_a_directory_that_is_down(healthy: SetUp, people: Directory) -> None:
    with people.server.stopped():
        found = healthy.doctor(IN)

    assert found[_directory(healthy)].state is State.BROKEN
    assert f"connecting to localhost:{people.server.ldaps_port}: the connection was refused" in (
        found[_directory(healthy)].told
    )
    assert found[HUB_ASKS].state is State.BROKEN
    assert "HTTP 503: The directory (localhost:" in found[HUB_ASKS].told
    assert found[BIND].state is State.UNKNOWN


def test_a_replica_that_is_down_is_only_a_warning(healthy: SetUp) -> None:
    refused = f"localhost:{free_ports(1)[0]}"
    found = healthy.with_identity(servers=(refused, *healthy.tenancy.identity.servers)).doctor(IN)

    assert found[f"directory {refused}"].state is State.WARNING
    assert found[MEMBERSHIP].state is State.GOOD


def test_an_authority_that_is_not_the_directorys(healthy: SetUp) -> None:
    broken = healthy.with_identity(ca_certificate=authority("another").pem).broken(IN)

    assert set(broken) == {_directory(healthy)}
    assert "not signed by an authority that is trusted here" in broken[_directory(healthy)].told
    assert broken[_directory(healthy)].do.startswith("set identity.caCertificate to FreeIPA's /etc/ipa/ca.crt")


def test_starttls_is_asked_for_where_the_tenancy_says_so(healthy: SetUp, people: Directory) -> None:
    by_start_tls = healthy.with_identity(tls="starttls", servers=(f"localhost:{people.server.ldap_port}",))

    assert by_start_tls.doctor(IN)[f"directory localhost:{people.server.ldap_port}"].state is State.GOOD
    with scripted_server([Answer(code=2)]) as server:
        refusing = healthy.with_identity(tls="starttls", servers=(f"localhost:{server.port}",))
        broken = refusing.broken(IN)
    assert (
        "the server does not begin TLS; set identity.tls to ldaps" in broken[f"directory localhost:{server.port}"].told
    )


def test_a_wrong_bind_password(healthy: SetUp) -> None:
    broken = replace(healthy, password="not the one").broken(IN)

    assert set(broken) == {BIND}
    assert "does not accept uid=pangeo-operator" in broken[BIND].told
    assert "FREEIPA_BIND_PASSWORD" in broken[BIND].do


def test_a_group_that_somebody_deleted(healthy: SetUp, people: Directory) -> None:
    with people.without_group():
        broken = healthy.broken(IN)

    assert set(broken) == {GROUP, MEMBERSHIP}
    assert broken[GROUP].told.startswith(f"there is no group {MEMBERS} in FreeIPA")


def test_a_hub_that_cannot_reach_the_directory_we_reach(
    healthy: SetUp, ingress: Ingress, values: Values, hub_python: Path, tmp_path: Path
) -> None:
    cut_off = copy.deepcopy(values)
    cut_off["jupyterhub"]["hub"]["config"]["FreeIpaAuthenticator"]["servers"] = [f"localhost:{free_ports(1)[0]}"]
    folder = tmp_path / "hub"
    folder.mkdir()
    with running_hub(hub_python, folder, cut_off) as hub:
        hub_port = int(hub.url.rpartition(":")[2])
        with ingress.serving(healthy.tenancy.domain, hub_port) as port:
            broken = replace(healthy, https_port=port).broken(IN)

    assert set(broken) == {HUB_ASKS}
    assert "cannot be reached at the moment" in broken[HUB_ASKS].told
    assert "look at DNS, firewall and network policies of the cluster" in broken[HUB_ASKS].do


def test_somebody_who_is_no_member_with_the_command_that_adds_them(healthy: SetUp) -> None:
    broken = healthy.broken(OUT)

    assert set(broken) == {MEMBERSHIP}
    assert broken[MEMBERSHIP].told == f"{OUT} is not in {MEMBERS}"
    assert broken[MEMBERSHIP].do == f"python -m components members add vis {OUT}"


def test_a_member_of_a_member_counts_only_where_the_tenancy_says_so(healthy: SetUp) -> None:
    assert set(healthy.broken(NESTED)) == {MEMBERSHIP}
    assert "by way of another group only" in healthy.broken(NESTED)[MEMBERSHIP].told

    assert healthy.with_identity(nested_groups=True).broken(NESTED) == {}


def test_an_admin_needs_no_group(healthy: SetUp) -> None:
    assert healthy.broken("admin") == {}


@pytest.mark.parametrize(
    ("user", "told", "do"),
    [
        (LOCKED, "lukas is disabled in FreeIPA (nsAccountLock)", "ipa user-enable lukas"),
        (EXPIRED, "xenia expired on 2024-01-31 12:00 UTC", "ipa user-mod xenia --principal-expiration"),
    ],
)
def test_an_account_that_freeipa_lets_nowhere(healthy: SetUp, user: str, told: str, do: str) -> None:
    broken = healthy.broken(user)

    assert set(broken) == {ACCOUNT}
    assert told in broken[ACCOUNT].told
    assert do in broken[ACCOUNT].do


def test_an_expired_password_is_a_warning_for_freeipa_may_still_take_it(healthy: SetUp) -> None:
    found = healthy.doctor(STALE)[ACCOUNT]

    assert found.state is State.WARNING
    assert "the password of stella expired on 2024-01-31 12:00 UTC" in found.told


def test_a_lock_that_is_hidden_is_not_taken_for_none(healthy: SetUp, people: Directory) -> None:
    with people.without_permission():
        found = healthy.doctor(IN)[ACCOUNT]

    assert found.state is State.UNKNOWN
    assert f"FreeIPA does not show {people.server.operator_dn}" in found.told


def test_a_name_nobody_has_with_the_nearest(healthy: SetUp) -> None:
    assert healthy.broken("ana")[USER].told == "there is no user ana in FreeIPA"
    assert healthy.broken("ana")[USER].do == "did you mean anna?"
    assert healthy.broken("Anna")[USER].do == "sign in as anna"


def test_a_cluster_that_cannot_be_asked_hides_its_part_only(healthy: SetUp, tmp_path: Path) -> None:
    found = replace(healthy, environment={"HOME": str(tmp_path)}).doctor(IN)

    assert found[SETTINGS].state is State.UNKNOWN
    assert "there is no kubeconfig" in found[SETTINGS].told
    assert found[MEMBERSHIP].state is State.GOOD
    assert exit_code(found.values()) == 3


def _directory(set_up: SetUp) -> str:
    server = set_up.tenancy.identity.directory().servers[0]
    return f"directory {server}"
