"""Somebody cannot log in: every link from the browser to the directory, in order, and which one is broken."""

from collections.abc import Callable, Iterator

from components.cli.diagnose import checks
from components.cli.diagnose.certificates import NoConnection, trust
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.deployed_hub import DeployedHub
from components.cli.diagnose.hub_client import HubWeb
from components.cli.diagnose.hub_config import WHAT as HUB_SETTINGS
from components.cli.diagnose.hub_config import hub_settings
from components.cli.diagnose.result import Finding, State, broken, good, unknown
from components.cli.diagnose.user import user_findings
from components.cluster.client import connected
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import find_kubeconfig
from components.config.problems import InvalidTenancy
from components.config.tenancy import Tenancy
from components.freeipa.errors import AccountUnusable, BindRefused, FreeIpaError, PasswordMissing, WrongPassword
from components.freeipa.users import People, people

HUB_ASKS = "hub to directory"
BIND, GROUP = "program's account", "group"
_UNTRUSTED = "not asked, since the hub's certificate is not good"


def diagnose(
    tenancy: Tenancy, *, stack: str, user: str | None, password: Callable[[], str], env: CheckEnvironment
) -> list[Finding]:
    """Look at every link.

    Args:
        tenancy: whose hub.
        stack: its stack's name, for the commands that are proposed.
        user: who cannot log in; None looks at what all users share.
        password: gives the bind password, or raises PasswordMissing or InvalidTenancy; asked only when it is needed.
        env: the world outside.
    """
    found = [checks.domain(tenancy, env), certificate := checks.hub_certificate(tenancy, env)]
    is_trusted = certificate.state is not State.BROKEN
    found += [checks.hub_health(tenancy, env) if is_trusted else unknown("hub", _UNTRUSTED)]
    found += _in_cluster(tenancy, env)
    servers = checks.directory_servers(tenancy, env)
    found += servers
    found += [_hub_asks(tenancy, env) if is_trusted else unknown(HUB_ASKS, _UNTRUSTED)]
    found += _in_directory(tenancy, stack, user, password, env, servers)
    return found


def _in_cluster(tenancy: Tenancy, env: CheckEnvironment) -> Iterator[Finding]:
    try:
        with connected(find_kubeconfig(tenancy.kubernetes, env.environment), env.environment) as api:
            hub = DeployedHub(api, tenancy.namespace)
            yield checks.hub_pods(tenancy, hub)
            deployed = hub.settings()
    except CannotAsk as failure:
        yield unknown(
            HUB_SETTINGS,
            str(failure),
            checks.ASK_CLUSTER,
        )
        return
    if deployed is None:
        yield broken(HUB_SETTINGS, f"nothing is deployed in {tenancy.namespace}", "run pulumi up")
        return
    yield hub_settings(tenancy, deployed)


def _hub_asks(tenancy: Tenancy, env: CheckEnvironment) -> Finding:
    namespace = tenancy.namespace
    try:
        log_in = HubWeb(checks.hub_endpoint(tenancy, env), trust(env.hub_authority)).log_in_as_nobody()
    except NoConnection as failure:
        return unknown(HUB_ASKS, str(failure))
    if log_in.was_refused_by_directory:
        return good(HUB_ASKS, "the hub asks the directory: it refused a name that nobody has")
    do = (
        f'kubectl logs --namespace {namespace} deployment/hub | grep --after-context=3 "not possible" has the cause; '
        "where the directory answers here and not there, look at DNS, firewall and network policies of the cluster"
    )
    return broken(HUB_ASKS, f"HTTP {log_in.status}: {log_in.said or 'the log-in page does not say why'}", do)


def _in_directory(
    tenancy: Tenancy,
    stack: str,
    user: str | None,
    password: Callable[[], str],
    env: CheckEnvironment,
    servers: list[Finding],
) -> Iterator[Finding]:
    identity = tenancy.identity
    if all(server.state is State.BROKEN for server in servers):
        yield unknown(BIND, "not tried, since no directory server answers as it should")
        return
    is_bound = False
    try:
        with people(identity.directory(), tenancy.directory_suffix, password()) as found:
            is_bound = True
            yield good(BIND, f"{identity.bind_dn} logs in")
            yield _group(tenancy, found, stack)
            if user is not None:
                yield from user_findings(tenancy, found, user, stack=stack, now=env.now)
    except PasswordMissing as missing:
        yield unknown(BIND, "not tried: there is no bind password", str(missing).partition(": ")[2])
    except InvalidTenancy as closed:
        yield unknown(BIND, f"not tried: {'; '.join(each.message for each in closed.problems)}")
    except (WrongPassword, AccountUnusable, BindRefused) as refusal:
        told, _, do = str(refusal).partition("; ")
        yield broken(BIND, told, do)
    except FreeIpaError as failure:
        told, _, do = str(failure).partition("; ")
        yield broken("asking the directory" if is_bound else BIND, told, do)


def _group(tenancy: Tenancy, found: People, stack: str) -> Finding:
    name = tenancy.notebook_users_group
    group = found.find_group(name)
    if group is None:
        return broken(GROUP, f"there is no group {name} in FreeIPA, so nobody but admins can log in", "run pulumi up")
    if not group.is_user_group:
        return broken(GROUP, f"{group.dn} is no FreeIPA user group", "choose another clusterName, or make it one")
    return good(GROUP, f"{group.dn} is there")
