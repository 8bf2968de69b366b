"""How a tenancy is: release, hub, certificates, users, servers, directory, drift."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

from components.cli.diagnose import checks
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.deployed_hub import DeployedHub, Release, Server
from components.cli.diagnose.result import Finding, State, broken, good, unknown, warning
from components.cluster.client import connected
from components.cluster.errors import CannotAsk
from components.cluster.identity import read_cluster_id
from components.cluster.kubeconfig import find_kubeconfig
from components.config.tenancy import Tenancy

CLUSTER, RELEASE, SERVERS, HOMES = "cluster", "release", "servers", "homes"
_DEPLOYED = "deployed"

LONGEST_UP = timedelta(minutes=20)
"""How long the program lets Helm wait for a hub (``RELEASE_TIMEOUT_SECONDS`` of the component)."""


def status(
    tenancy: Tenancy, *, stack: str, env: CheckEnvironment, drift: Callable[[], Finding] | None
) -> list[Finding]:
    """Look at everything. No password is needed but by ``drift``.

    Args:
        tenancy: whose hub.
        stack: its stack's name, for the commands that are proposed.
        env: the world outside.
        drift: compares stack and deployment; None leaves it out.
    """
    found = list(_in_cluster(tenancy, stack, env))
    found += [checks.domain(tenancy, env), certificate := checks.hub_certificate(tenancy, env)]
    if certificate.state is State.BROKEN:
        found += [unknown("hub", "not asked, since its certificate is not good")]
    else:
        found += [checks.hub_health(tenancy, env)]
    found += checks.directory_servers(tenancy, env)
    return found + ([drift()] if drift else [])


def _in_cluster(tenancy: Tenancy, stack: str, env: CheckEnvironment) -> Iterator[Finding]:
    try:
        with connected(find_kubeconfig(tenancy.kubernetes, env.environment), env.environment) as api:
            yield good(CLUSTER, str(read_cluster_id(api)))
            hub = DeployedHub(api, tenancy.namespace)
            name = f"{tenancy.namespace}/{tenancy.release}"
            yield release_finding(name, hub.release(tenancy.release), stack, env.now)
            yield checks.hub_pods(tenancy, hub)
            yield servers_finding(hub.servers())
            homes = hub.homes()
            yield good(HOMES, f"{len(homes)} users have a home", users=homes)
    except CannotAsk as failure:
        yield unknown(CLUSTER, str(failure), checks.ASK_CLUSTER)


def release_finding(name: str, release: Release | None, stack: str, now: datetime) -> Finding:
    """The Helm release. One that is pending for long was left so by a run that was killed. Pure."""
    if release is None:
        return broken(RELEASE, f"the Helm release {name} is not installed", "run pulumi up")
    facts = {"revision": release.revision, "status": release.status, "since": release.since}
    told = f"{name} is {release.status} (revision {release.revision}, {release.since})"
    if release.is_pending:
        do = f"unless pulumi or helm is at work on it now: python -m components repair {stack}"
        is_at_work = release.age(now) < LONGEST_UP
        return (warning if is_at_work else broken)(RELEASE, told, do, **facts)
    if release.status != _DEPLOYED:
        return warning(RELEASE, told, "run pulumi up, which upgrades it", **facts)
    return good(RELEASE, told, **facts)


def servers_finding(servers: list[Server]) -> Finding:
    """Users' servers. One that does not run is its user's to start again, so a warning. Pure."""
    facts = {"servers": [asdict(server) for server in servers]}
    counts = Counter(server.phase for server in servers)
    others = [server for server in servers if server.phase not in ("Running", "Stopping")]
    told = f"{counts['Running']} running"
    users = ", ".join(server.user for server in servers if server.phase == "Running")
    told += f": {users}" if users else ""
    if others:
        told += f"; {', '.join(f'{server.user} is {server.phase}' for server in others)}"
        return warning(SERVERS, told, "kubectl describe pod jupyter-… says why a server does not start", **facts)
    return good(SERVERS, told, **facts)
