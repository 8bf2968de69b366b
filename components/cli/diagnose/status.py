"""The command ``status``: release, hub, images, certificates, notebook servers, homes, directory servers and drift."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from components.cli.backup.check import check_backup
from components.cli.diagnose import checks
from components.cli.diagnose.checks import CheckEnvironment
from components.cli.diagnose.deployed_hub import DeployedHub, Server
from components.cli.diagnose.evictions import check_evictions
from components.cli.diagnose.node_limits import check_node_limits
from components.cli.diagnose.plain_http import check_plain_http
from components.cli.diagnose.result import CheckResult, Status, broken, good, unknown, warning
from components.cli.diagnose.user_hosts import check_user_hosts
from components.cli.homes.check import check_homes
from components.cli.homes.facts import list_homes
from components.cluster.client import connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.identity import read_cluster_id
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.releases import LONGEST_UP, Revision, chart_version, latest_revision
from components.config.tenancy import Tenancy
from components.readiness.finding import Finding

CLUSTER, RELEASE, IMAGES, SERVERS = "cluster", "release", "images", "servers"
MOST_PULLS = 3
"""Number of pods that are named with the cause: it is usually the same for all."""

RUNNING = "Running"
"""Phase of a server that its user can use."""

_DEPLOYED = "deployed"


def check_status(
    tenancy: Tenancy, *, stack: str, env: CheckEnvironment, drift: Callable[[], CheckResult] | None
) -> list[CheckResult]:
    """Check all parts of a tenancy. Only ``drift`` needs a password.

    Args:
        tenancy: the tenancy.
        stack: its stack's name, for suggested commands.
        env: inputs that are not in the stack file.
        drift: compares the stack with its deployment; None leaves that out.
    """
    return [*status_results(tenancy, stack=stack, env=env), *([drift()] if drift else [])]


def status_results(tenancy: Tenancy, *, stack: str, env: CheckEnvironment) -> Iterator[CheckResult]:
    """Check all parts of a tenancy except drift, and yield each result as soon as it is known.

    The arguments are those of :func:`check_status`.
    """
    yield from _check_cluster(tenancy, stack, env)
    yield checks.check_domain(tenancy, env)
    yield (certificate := checks.check_hub_certificate(tenancy, env))
    yield check_plain_http(tenancy, env)
    if certificate.status is Status.BROKEN:
        yield unknown(checks.HUB, "not checked, since its certificate is not good")
    else:
        yield checks.check_hub_health(tenancy, env)
    yield from check_user_hosts(tenancy, env)
    yield from checks.check_directory_servers(tenancy, env)


def _check_cluster(tenancy: Tenancy, stack: str, env: CheckEnvironment) -> Iterator[CheckResult]:
    try:
        kubeconfig = find_kubeconfig(tenancy.kubernetes, env.environment)
        with connect_to_cluster(kubeconfig, env.environment, report=env.report) as api:
            yield good(CLUSTER, str(read_cluster_id(api)))
            name = f"{tenancy.namespace}/{tenancy.release}"
            revision = latest_revision(api, tenancy.release, tenancy.namespace)
            version = chart_version(api, tenancy.release, tenancy.namespace, revision) if revision else None
            yield check_release(name, revision, stack, env.now, version)
            hub = DeployedHub(api, tenancy.namespace)
            yield checks.check_hub_pods(tenancy, hub)
            yield check_images(hub.failed_pulls(), tenancy.namespace)
            yield check_servers(hub.servers())
            yield check_homes(list_homes(api, tenancy.namespace), stack)
            yield from check_node_limits(tenancy, api)
            yield from check_evictions(api, tenancy.namespace)
            if tenancy.backup is not None:
                yield check_backup(tenancy, api, stack, env.now)
    except CannotAsk as failure:
        yield unknown(CLUSTER, str(failure), checks.FIX_CLUSTER_ACCESS)


def check_release(
    name: str, revision: Revision | None, stack: str, now: datetime, version: str | None = None
) -> CheckResult:
    """Check the latest revision of the Helm release. Pure.

    Args:
        name: the release with its namespace.
        revision: its latest revision; None where it is not installed.
        stack: the stack's name, for suggested commands.
        now: the time.
        version: the version of the program that deployed it, if that is known.
    """
    if revision is None:
        return broken(RELEASE, f"the Helm release {name} is not installed", "run pulumi up")
    details: dict[str, object] = {
        **{"revision": revision.number, "releaseStatus": revision.status, "since": revision.began},
        **({"version": version} if version else {}),
    }
    facts = [*([f"version {version}"] if version else []), f"revision {revision.number}", revision.began]
    message = f"{name} is {revision.status} ({', '.join(facts)})"
    if revision.is_pending:
        fix = f"unless pulumi or helm is running now: python -m components repair {stack}"
        may_be_running = revision.age(now) < LONGEST_UP
        return (warning if may_be_running else broken)(RELEASE, message, fix, **details)
    if revision.status != _DEPLOYED:
        return warning(RELEASE, message, "run pulumi up, which upgrades it", **details)
    return good(RELEASE, message, **details)


def check_images(failures: Sequence[Finding], namespace: str) -> CheckResult:
    """Check that the nodes can pull the images of all pods: the hub's, the users' servers' and Dask's. Pure.

    Args:
        failures: the findings about images that cannot be pulled.
        namespace: the hub's namespace.
    """
    if not failures:
        return good(IMAGES, "no pod waits for an image that cannot be pulled")
    message = "; ".join(map(str, failures[:MOST_PULLS]))
    if len(failures) > MOST_PULLS:
        message += f"; and {len(failures) - MOST_PULLS} more"
    details = {"pods": [each.subject.removeprefix("pod ") for each in failures]}
    if fixes := list(dict.fromkeys(each.fix for each in failures if each.fix)):
        return broken(IMAGES, message, "; ".join(fixes), **details)
    return warning(IMAGES, message, f"kubectl get events --namespace {namespace} shows whether it passes", **details)


def check_servers(servers: list[Server]) -> CheckResult:
    """Check users' notebook servers. One that does not run is a warning, since its user can start it again. Pure."""
    details = {"servers": [asdict(server) for server in servers]}
    counts = Counter(server.phase for server in servers)
    others = [server for server in servers if server.phase not in (RUNNING, "Stopping")]
    message = f"{counts[RUNNING]} running"
    users = ", ".join(server.user for server in servers if server.phase == RUNNING)
    message += f": {users}" if users else ""
    if others:
        message += f"; {', '.join(f'{server.user} is {server.phase}' for server in others)}"
        return warning(SERVERS, message, "kubectl describe pod jupyter-… shows why a server does not start", **details)
    return good(SERVERS, message, **details)
