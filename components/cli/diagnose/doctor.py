"""The command ``doctor``: checks every step of a log-in, from the browser to the directory, in this order."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from components.cli.diagnose import checks
from components.cli.diagnose.certificates import format_time
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.deployed_hub import DeployedHub
from components.cli.diagnose.evictions import check_evictions
from components.cli.diagnose.homes import check_homes
from components.cli.diagnose.hub_config import SUBJECT as HUB_SETTINGS
from components.cli.diagnose.hub_config import check_hub_settings
from components.cli.diagnose.hub_log_in import HUB_TO_DIRECTORY, check_hub_log_in
from components.cli.diagnose.node_limits import check_node_limits
from components.cli.diagnose.plain_http import check_plain_http
from components.cli.diagnose.policy_enforcement import check_policy_enforcement
from components.cli.diagnose.pools import check_pools
from components.cli.diagnose.result import CheckResult, Status, broken, good, unknown, warning
from components.cli.diagnose.user import check_user
from components.cli.diagnose.user_hosts import check_user_hosts
from components.cli.pulumi_cli import PulumiFailed
from components.cluster.client import connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import find_kubeconfig
from components.config.tenancy import Tenancy
from components.freeipa.admin_group import FIX
from components.freeipa.authentication import Needed, needed
from components.freeipa.errors import (
    AccountUnusable,
    AllServersFailed,
    FreeIpaError,
    PasswordMissing,
    Unreachable,
    WrongPassword,
)
from components.freeipa.names import first_value, user_dn
from components.freeipa.users import Users, open_users
from components.preflight.groups import find_missing_groups, find_missing_users

BIND, GROUP, ADMIN_GROUP, READING = "program's account", "group", "group of admins", "reading the directory"
NO_CODES = (
    "if the password is right, see ipa user-show --all and ipa user-status: the program cannot use one-time codes, so "
    "its account must be a system account, or a user with --user-auth-type=password where the realm sets no "
    "EnforceLDAPOTP"
)
_UNTRUSTED_HUB = "not checked, since the hub's certificate is not good"


def diagnose(
    tenancy: Tenancy, *, stack: str, user: str | None, password: Callable[[], str], env: CheckEnvironment
) -> list[CheckResult]:
    """Check every step of a log-in.

    Args:
        tenancy: the tenancy.
        stack: its stack's name, for suggested commands.
        user: a user that cannot log in; None checks the steps that all users share.
        password: returns the bind password, or raises PasswordMissing or PulumiFailed. Called only when needed.
        env: inputs that are not in the stack file.
    """
    results = [checks.check_domain(tenancy, env), certificate := checks.check_hub_certificate(tenancy, env)]
    results += [check_plain_http(tenancy, env)]
    is_trusted = certificate.status is not Status.BROKEN
    results += [checks.check_hub_health(tenancy, env) if is_trusted else unknown("hub", _UNTRUSTED_HUB)]
    results += check_user_hosts(tenancy, env)
    results += _check_cluster(tenancy, user, env)
    results.append(_check_policy_enforcement(tenancy, env))
    servers = checks.check_directory_servers(tenancy, env)
    results += servers
    results += [check_hub_log_in(tenancy, env) if is_trusted else unknown(HUB_TO_DIRECTORY, _UNTRUSTED_HUB)]
    results += _check_directory(tenancy, stack, user, password, env, servers)
    return results


def _check_cluster(tenancy: Tenancy, user: str | None, env: CheckEnvironment) -> Iterator[CheckResult]:
    try:
        kubeconfig = find_kubeconfig(tenancy.kubernetes, env.environment)
        with connect_to_cluster(kubeconfig, env.environment, report=env.report) as api:
            hub = DeployedHub(api, tenancy.namespace)
            yield checks.check_hub_pods(tenancy, hub)
            yield from check_pools(tenancy, api)
            if user is not None:
                claims = api.get(f"/api/v1/namespaces/{tenancy.namespace}/persistentvolumeclaims").get("items") or []
                yield from check_homes(user, claims)
            yield from check_node_limits(tenancy, api)
            yield from check_evictions(api, tenancy.namespace)
            values = hub.values()
    except CannotAsk as failure:
        yield unknown(HUB_SETTINGS, str(failure), checks.FIX_CLUSTER_ACCESS)
        return
    if values is None:
        yield broken(HUB_SETTINGS, f"no hub is deployed in {tenancy.namespace}", "run pulumi up")
        return
    yield check_hub_settings(tenancy, values)


def _check_policy_enforcement(tenancy: Tenancy, env: CheckEnvironment) -> CheckResult:
    def run(command: tuple[str, ...]) -> bytes:
        kubeconfig = find_kubeconfig(tenancy.kubernetes, env.environment)
        return env.run_in_deployment(kubeconfig, env.environment, tenancy.namespace, "proxy", command)

    return check_policy_enforcement(run)


def _check_directory(
    tenancy: Tenancy,
    stack: str,
    user: str | None,
    password: Callable[[], str],
    env: CheckEnvironment,
    servers: list[CheckResult],
) -> Iterator[CheckResult]:
    identity = tenancy.identity
    if all(server.status is Status.BROKEN for server in servers):
        yield unknown(BIND, "not checked, since no directory server answers with a valid certificate")
        return
    is_bound = False
    try:
        with open_users(identity.directory(), tenancy.directory_suffix, password()) as directory:
            is_bound = True
            yield _check_own_account(tenancy, directory, env)
            yield _check_group(tenancy, directory)
            yield from _check_admin_group(tenancy, directory)
            yield from _check_named_groups(tenancy, directory)
            yield from _check_replicas(tenancy, password())
            if user is not None:
                yield from check_user(tenancy, directory, user, stack=stack, env=env)
    except PasswordMissing as missing:
        yield unknown(BIND, "not checked: there is no bind password", str(missing).partition(": ")[2])
    except PulumiFailed as failed:
        yield unknown(BIND, "\n".join(filter(None, (f"not checked: {failed.problem}", failed.messages))), failed.fix)
    except (WrongPassword, AccountUnusable) as refusal:
        message, _, fix = str(refusal).partition("; ")
        yield broken(READING if is_bound else BIND, message, f"{fix}; {NO_CODES}")
    except AllServersFailed as failure:
        yield broken(READING if is_bound else BIND, str(failure), "see each server's message")
    except FreeIpaError as failure:
        message, _, fix = str(failure).partition("; ")
        yield broken(READING if is_bound else BIND, message, fix)


def _check_own_account(tenancy: Tenancy, directory: Users, env: CheckEnvironment) -> CheckResult:
    """Check that the program's account, which has just logged in, can go on doing so with its password alone."""
    bind_dn = tenancy.identity.bind_dn
    uid = first_value(bind_dn)
    if bind_dn.lower() != user_dn(tenancy.directory_suffix, uid).lower():
        return good(BIND, f"{bind_dn} logs in")  # a system account: FreeIPA has no codes, locks or expiry for it
    account = directory.find_user(uid)
    if account is None:
        return good(BIND, f"{bind_dn} logs in")
    if account.password_expires and account.password_expires <= env.now:
        message = f"{bind_dn} logs in, but its password expired on {format_time(account.password_expires)}"
        return warning(BIND, message, f"ipa passwd {uid}, and set the new one as the program's bind password")
    input_ = needed(account.methods, directory.realm_log_in(), directory.count_tokens(uid, env.now))
    if input_ is Needed.CODE_ONCE_THERE_IS_A_TOKEN:
        message = f"{bind_dn} logs in, but only until a token is added: its log-in methods include one-time codes"
        return warning(BIND, message, f"ipa user-mod {uid} --user-auth-type=password")
    return good(BIND, f"{bind_dn} logs in")


def _check_replicas(tenancy: Tenancy, password: str) -> Iterator[CheckResult]:
    """Check that each of several servers can log the program's account in and search; it has just worked at one."""
    directory = tenancy.identity.directory()
    if len(directory.servers) < 2:
        return
    for server in directory.servers:
        try:
            with open_users(replace(directory, servers=(server,)), tenancy.directory_suffix, password) as users:
                users.find_group(tenancy.notebook_users_group)
        except Unreachable as failure:
            message, _, fix = str(failure).partition("; ")
            yield warning(f"log-in at {server}", f"{message}; users log in through another server", fix)


def _check_group(tenancy: Tenancy, directory: Users) -> CheckResult:
    name = tenancy.notebook_users_group
    group = directory.find_group(name)
    if group is None:
        return broken(GROUP, f"there is no group {name} in FreeIPA, so only admins can log in", "run pulumi up")
    if not group.is_user_group:
        fix = "choose another clusterName, or make it a user group in FreeIPA"
        return broken(GROUP, f"{group.dn} is not a FreeIPA user group", fix)
    return good(GROUP, f"{group.dn} exists")


def _check_named_groups(tenancy: Tenancy, directory: Users) -> Iterator[CheckResult]:
    for missing in find_missing_groups(tenancy, directory):
        yield warning(f"group {missing.name}", f"{missing.key} {missing.name} {missing.message}", missing.fix)
    for missing in find_missing_users(tenancy, directory):
        yield warning(f"user {missing.name}", f"{missing.key} {missing.name} {missing.message}", missing.fix)


def _check_admin_group(tenancy: Tenancy, directory: Users) -> Iterator[CheckResult]:
    """Check, where membership through another group counts, that no group of ordinary users makes them admins."""
    name = tenancy.identity.admin_group
    if name is None or not tenancy.identity.nested_groups:
        return
    if problem := directory.read_admin_group(name).problem:
        yield broken(ADMIN_GROUP, f"{problem}; therefore the hub ignores {name}, and only adminUsers are admins", FIX)
    else:
        yield good(ADMIN_GROUP, f"no group of ordinary users is a member of {name}")
