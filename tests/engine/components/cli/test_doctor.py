"""The doctor on a real hub, directory and API server: it names the one step that is broken."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest

from components.chart.values import Values
from components.cli.diagnose.doctor import BIND, GROUP, diagnose
from components.cli.diagnose.homes import HOME
from components.cli.diagnose.hub_log_in import HUB_TO_DIRECTORY
from components.cli.diagnose.node_limits import SUBJECT as NODE_LIMITS
from components.cli.diagnose.plain_http import SUBJECT as PLAIN_HTTP
from components.cli.diagnose.policy_enforcement import SUBJECT as POLICIES
from components.cli.diagnose.result import Status, exit_code
from components.cli.diagnose.user import ACCOUNT, MEMBERSHIP, METHOD, USER
from components.cli.pulumi_cli import PulumiFailed
from components.in_hub.outcomes import PROBE_USER
from tests.engine.components.cli.conftest import STACK, Ingress, SetUp
from tests.engine.components.cli.deployment import Deployment
from tests.engine.components.cli.directory import EXPIRED, IN, LOCKED, MEMBERS, NESTED, OUT, STALE, Directory
from tests.support.certificates import DAY, NOW, authority
from tests.support.hub_process import running_hub
from tests.support.notebooks import declare_again
from tests.support.ports import free_ports
from tests.support.scripted_server import Answer, scripted_server

pytestmark = pytest.mark.engine

CERTIFICATE, DOMAIN, SETTINGS, PODS = "hub certificate", "domain", "hub settings", "hub pods"


def test_healthy_tenancy_passes_every_check(healthy: SetUp) -> None:
    found = healthy.doctor(IN)

    assert [each for each in found.values() if each.status is not Status.GOOD] == [found[CERTIFICATE]]
    assert found[CERTIFICATE].status is Status.WARNING, "it ends tomorrow"
    assert exit_code(found.values()) == 0
    assert list(found) == [
        DOMAIN,
        CERTIFICATE,
        PLAIN_HTTP,
        "hub",
        PODS,
        HOME,
        NODE_LIMITS,
        SETTINGS,
        POLICIES,
        _directory(healthy),
        HUB_TO_DIRECTORY,
        BIND,
        GROUP,
        USER,
        ACCOUNT,
        METHOD,
        "identity",
        MEMBERSHIP,
    ]


def test_name_with_another_address_is_broken(healthy: SetUp) -> None:
    broken = replace(healthy, resolves_to="192.0.2.7").broken(IN)

    assert set(broken) == {DOMAIN}
    assert broken[DOMAIN].message == "pangeo.day-two.example resolves to 192.0.2.7, not to externalIp 127.0.0.1"
    assert broken[DOMAIN].fix == "add an A record pangeo.day-two.example for 127.0.0.1 to the DNS"


def test_refused_connection_is_broken(healthy: SetUp) -> None:
    [port] = free_ports(1)
    broken = replace(healthy, https_port=port).broken(IN)

    assert set(broken) == {CERTIFICATE}
    assert broken[CERTIFICATE].message == (
        f"connecting to 127.0.0.1:{port}: the connection was refused: no program listens there"
    )


def test_hub_that_answers_without_encryption_is_broken(healthy: SetUp, hub_port: int) -> None:
    broken = replace(healthy, http_port=hub_port).broken(IN)

    assert set(broken) == {PLAIN_HTTP}
    assert "/hub/login shows the log-in form, so passwords are sent unencrypted" in broken[PLAIN_HTTP].message


def test_expired_certificate_is_reported_with_its_dates(healthy: SetUp, ingress: Ingress) -> None:
    with ingress.serving(healthy.tenancy.domain, begin=NOW - 3 * DAY, end=NOW - DAY) as port:
        found = replace(healthy, https_port=port).doctor(IN)

    assert found[CERTIFICATE].status is Status.BROKEN
    assert f"is valid from {NOW - 3 * DAY:%Y-%m-%d %H:%M} UTC to {NOW - DAY:%Y-%m-%d %H:%M} UTC, and not now" in (
        found[CERTIFICATE].message
    )
    assert found[CERTIFICATE].fix.startswith("put a valid certificate into the Secret day-two/pangeo-tls")
    assert found["hub"].status is found[HUB_TO_DIRECTORY].status is Status.UNKNOWN
    assert found[MEMBERSHIP].status is Status.GOOD, "the rest is checked all the same"


def test_certificate_for_another_host_is_reported_with_its_names(healthy: SetUp, ingress: Ingress) -> None:
    with ingress.serving("other.example") as port:
        broken = replace(healthy, https_port=port).broken()

    assert "is not for pangeo.day-two.example; it is for other.example" in broken[CERTIFICATE].message


def test_certificate_of_an_untrusted_authority_is_broken(healthy: SetUp) -> None:
    broken = replace(healthy, authority=authority("another").pem).broken()

    assert "is not signed by a trusted authority" in broken[CERTIFICATE].message


def test_ingress_without_a_hub_is_broken(healthy: SetUp, ingress: Ingress) -> None:
    with ingress.serving(healthy.tenancy.domain, hub_port=free_ports(1)[0]) as port:
        broken = replace(healthy, https_port=port).broken()

    assert set(broken) == {"hub"}
    assert "https://pangeo.day-two.example/hub/health" in broken["hub"].message


def test_undecryptable_password_skips_only_the_directory(healthy: SetUp) -> None:
    def fail() -> str:
        raise PulumiFailed("the bind password is encrypted", "error: incorrect passphrase", "set it")

    found = {
        each.subject: each for each in diagnose(healthy.tenancy, stack=STACK, user=IN, password=fail, env=healthy.env)
    }
    assert found[BIND].message == "not checked: the bind password is encrypted\nerror: incorrect passphrase"
    assert found[BIND].fix == "set it"
    assert {subject for subject, each in found.items() if each.status is Status.UNKNOWN} == {BIND}


def test_hub_pod_that_is_not_ready_is_broken(healthy: SetUp, deployment: Deployment) -> None:
    deployment.ready("hub", 0)
    try:
        broken = healthy.broken()
    finally:
        deployment.ready("hub", 1)

    assert set(broken) == {PODS}
    assert broken[PODS].message == "hub: 0 of 1 ready"


def test_settings_that_let_others_log_in_are_broken(healthy: SetUp, deployment: Deployment, values: Values) -> None:
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
    assert "JupyterHub.authenticator_class is dummy, not ldap" in broken[SETTINGS].message
    assert f"allowed_groups is cn=another,cn=groups and lacks cn={MEMBERS}," in broken[SETTINGS].message
    assert "a" * 64 not in broken[SETTINGS].message, "the Secret also contains the hub's secrets"


def test_directory_that_is_down_is_broken(healthy: SetUp, people: Directory) -> None:
    with people.server.stopped():
        found = healthy.doctor(IN)

    assert found[_directory(healthy)].status is Status.BROKEN
    assert f"connecting to localhost:{people.server.ldaps_port}: the connection was refused" in (
        found[_directory(healthy)].message
    )
    assert found[HUB_TO_DIRECTORY].status is Status.BROKEN
    assert "HTTP 503: The directory (localhost:" in found[HUB_TO_DIRECTORY].message
    assert found[BIND].status is Status.UNKNOWN


def test_replica_that_is_down_is_a_warning(healthy: SetUp) -> None:
    refused = f"localhost:{free_ports(1)[0]}"
    found = healthy.with_identity(servers=(refused, *healthy.tenancy.identity.servers)).doctor(IN)

    assert found[f"directory {refused}"].status is Status.WARNING
    assert found[MEMBERSHIP].status is Status.GOOD


def test_wrong_authority_of_the_directory_is_broken(healthy: SetUp) -> None:
    broken = healthy.with_identity(ca_certificate=authority("another").pem).broken(IN)

    assert set(broken) == {_directory(healthy)}
    assert "not signed by a trusted authority" in broken[_directory(healthy)].message
    assert broken[_directory(healthy)].fix.startswith("set identity.caCertificate to FreeIPA's /etc/ipa/ca.crt")


def test_starttls_is_used_where_configured(healthy: SetUp, people: Directory) -> None:
    by_start_tls = healthy.with_identity(tls="starttls", servers=(f"localhost:{people.server.ldap_port}",))

    assert by_start_tls.doctor(IN)[f"directory localhost:{people.server.ldap_port}"].status is Status.GOOD
    with scripted_server([Answer(code=2)]) as server:
        refusing = healthy.with_identity(tls="starttls", servers=(f"localhost:{server.port}",))
        broken = refusing.broken(IN)
    assert (
        "the server does not start TLS; set identity.tls to ldaps"
        in broken[f"directory localhost:{server.port}"].message
    )


def test_wrong_bind_password_is_broken(healthy: SetUp) -> None:
    broken = replace(healthy, password="not the one").broken(IN)

    assert set(broken) == {BIND}
    assert "does not accept uid=pangeo-operator" in broken[BIND].message
    assert "FREEIPA_BIND_PASSWORD" in broken[BIND].fix


def test_deleted_group_is_broken(healthy: SetUp, people: Directory) -> None:
    with people.without_group():
        broken = healthy.broken(IN)

    assert set(broken) == {GROUP, MEMBERSHIP}
    assert broken[GROUP].message.startswith(f"there is no group {MEMBERS} in FreeIPA")


def test_hub_that_cannot_reach_the_directory_is_broken(
    healthy: SetUp, ingress: Ingress, values: Values, hub_python: Path, tmp_path: Path
) -> None:
    cut_off = copy.deepcopy(values)
    cut_off["jupyterhub"]["hub"]["config"]["FreeIpaAuthenticator"]["servers"] = [f"localhost:{free_ports(1)[0]}"]
    folder = tmp_path / "hub"
    folder.mkdir()
    with running_hub(hub_python, folder, declare_again(cut_off)) as hub:
        hub_port = int(hub.url.rpartition(":")[2])
        with ingress.serving(healthy.tenancy.domain, hub_port) as port:
            broken = replace(healthy, https_port=port).broken(IN)

    assert set(broken) == {HUB_TO_DIRECTORY}
    assert "is not available at the moment" in broken[HUB_TO_DIRECTORY].message
    assert f'grep --after-context=3 "log-in of {PROBE_USER}"' in broken[HUB_TO_DIRECTORY].fix
    assert "check DNS, firewall and network policies of the cluster" in broken[HUB_TO_DIRECTORY].fix


def test_fix_for_a_user_outside_the_group_is_a_command(healthy: SetUp) -> None:
    broken = healthy.broken(OUT)

    assert set(broken) == {MEMBERSHIP}
    assert broken[MEMBERSHIP].message == f"{OUT} is not in {MEMBERS}"
    assert broken[MEMBERSHIP].fix == f"python -m components members add vis {OUT}"


def test_indirect_membership_counts_only_where_configured(healthy: SetUp) -> None:
    assert set(healthy.broken(NESTED)) == {MEMBERSHIP}
    assert "through another group only" in healthy.broken(NESTED)[MEMBERSHIP].message

    assert healthy.with_identity(nested_groups=True).broken(NESTED) == {}


def test_admin_needs_no_group(healthy: SetUp) -> None:
    assert healthy.broken("admin") == {}


@pytest.mark.parametrize(
    ("user", "message", "fix"),
    [
        (LOCKED, "lukas is disabled in FreeIPA (nsAccountLock)", "ipa user-enable lukas"),
        (EXPIRED, "xenia expired on 2024-01-31 12:00 UTC", "ipa user-mod xenia --principal-expiration"),
    ],
)
def test_disabled_or_expired_account_is_broken(healthy: SetUp, user: str, message: str, fix: str) -> None:
    broken = healthy.broken(user)

    assert set(broken) == {ACCOUNT}
    assert message in broken[ACCOUNT].message
    assert fix in broken[ACCOUNT].fix


def test_expired_password_is_a_warning(healthy: SetUp) -> None:
    found = healthy.doctor(STALE)[ACCOUNT]

    assert found.status is Status.WARNING
    assert "the password of stella expired on 2024-01-31 12:00 UTC" in found.message


def test_hidden_lock_is_reported_as_not_checked(healthy: SetUp, people: Directory) -> None:
    with people.without_permission():
        found = healthy.doctor(IN)[ACCOUNT]

    assert found.status is Status.UNKNOWN
    assert f"FreeIPA does not show {people.server.operator_dn}" in found.message


def test_unknown_user_is_reported_with_the_nearest_name(healthy: SetUp) -> None:
    assert healthy.broken("ana")[USER].message == "there is no user ana in FreeIPA"
    assert healthy.broken("ana")[USER].fix == "did you mean anna?"
    assert healthy.broken("Anna")[USER].fix == "sign in as anna"


def test_unreachable_cluster_skips_only_its_checks(healthy: SetUp, tmp_path: Path) -> None:
    found = replace(healthy, environment={"HOME": str(tmp_path)}).doctor(IN)

    assert found[SETTINGS].status is Status.UNKNOWN
    assert "there is no kubeconfig" in found[SETTINGS].message
    assert found[MEMBERSHIP].status is Status.GOOD
    assert exit_code(found.values()) == 3


def _directory(set_up: SetUp) -> str:
    server = set_up.tenancy.identity.directory().servers[0]
    return f"directory {server}"
