"""Results of the connections that a user's server tried: what is blocked, and whether policies are enforced. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from components.cli.diagnose.result import CheckResult, broken, good, unknown
from components.cli.verify.attempts import Attempts, Outcome, Target
from components.cli.verify.forbidden import API, API_SERVICE, GATEWAY, HUB, PODS, PROXY, Forbidden, allowance
from components.config.tenancy import Tenancy

ENFORCEMENT = "network policies are enforced"
DATABASE = "blocked: hub's database"

MOST_SHOWN = 4
"""Number of addresses in a message."""

_FIX_PLUGIN = (
    "use a network plugin that enforces NetworkPolicy, such as Calico or Cilium, and remove policies of others that "
    "allow more; until then, users reach each other's servers and the cluster's API"
)
_FIX_ONE = (
    "kubectl get networkpolicies --namespace {namespace}: remove policies that are not of the release {release}, run "
    "pulumi up, and ask the network plugin's administrator whether host or global policies allow it"
)
_FIX_NODES = (
    "use a network plugin whose policies apply to addresses of nodes too (for Cilium set pangeo:network.apiServer to "
    "cilium), or close the port in the nodes' firewall for the pods' network"
)


class Enforcement(Enum):
    """Whether the network enforces policies for users' servers."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class _Tried:
    """Targets of one kind by outcome. ``allowed`` are open, each with the reason why it may be."""

    open: tuple[Target, ...]
    closed: tuple[Target, ...]
    allowed: tuple[tuple[Target, str], ...]
    nameless: tuple[Target, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.open or self.closed or self.allowed)


def assess_isolation(tenancy: Tenancy, forbidden: Sequence[Forbidden], attempts: Attempts) -> list[CheckResult]:
    """Return the result of enforcement, and one for each kind of forbidden server.

    Args:
        tenancy: the tenancy.
        forbidden: the servers that were tried.
        attempts: the outcomes, those of ``HUB``, which is allowed, too.
    """
    tried = {each.kind: _sort(tenancy, each, attempts) for each in forbidden}
    state, result = _assess_enforcement(tried, attempts)
    return [result, *(_assess(tenancy, each, tried[each.kind], state) for each in forbidden)]


def assess_database(pods: tuple[str, ...] | None, unread: str) -> CheckResult:
    """Check that only the hub's pod mounts the volume with its database, which is a file: it has no address to try."""
    if pods is None:
        return unknown(DATABASE, f"not tested: {unread}")
    if pods:
        return broken(
            DATABASE,
            f"the volume of the hub's database is mounted by {', '.join(pods[:MOST_SHOWN])}",
            "delete these pods; the database contains the users' tokens",
        )
    return good(DATABASE, "it is a file on a volume that only the hub's pod mounts, without an address to connect to")


def _assess_enforcement(tried: dict[str, _Tried], attempts: Attempts) -> tuple[Enforcement, CheckResult]:
    hub = attempts.get(HUB) or {}
    if Outcome.OPEN not in hub.values():
        how = ", ".join(sorted(set(hub.values()))) or "the name hub has no address"
        message = f"the user's server does not reach the hub either ({how}), which proves nothing"
        return Enforcement.UNKNOWN, unknown(ENFORCEMENT, message, "kubectl get pods,services; run it again")
    pods = [kind for kind in (PROXY, GATEWAY) if kind in tried and not tried[kind].is_empty]
    # With pods of the tenancy refused, an open API server is a fault of its own: some plugins do not match its address.
    controls = [kind for kind in (*pods, API) if kind in tried]
    decisive = pods or controls
    opened = [kind for kind in decisive if tried[kind].open]
    blocked = [kind for kind in controls if tried[kind].closed and not tried[kind].open]
    if opened:
        message = f"the user's server reaches {_join(opened)}, which the network policies forbid"
        return Enforcement.NO, broken(ENFORCEMENT, message, _FIX_PLUGIN, open=opened)
    if set(blocked) & set(decisive):
        message = f"the user's server reaches the hub, and not {_join(blocked)}, which only policies keep from it"
        return Enforcement.YES, good(ENFORCEMENT, message, blocked=blocked)
    message = "there is no server that certainly listens and that the network policies forbid"
    return Enforcement.UNKNOWN, unknown(ENFORCEMENT, message, "see the reasons below, and run it again")


def _assess(tenancy: Tenancy, each: Forbidden, tried: _Tried, state: Enforcement) -> CheckResult:
    subject = f"blocked: {each.kind}"
    if tried.open:
        fix = _FIX_PLUGIN if state is Enforcement.NO else _fix(tenancy, each)
        reached = [str(target) for target in tried.open]
        return broken(subject, f"the user's server reaches {_show(tried.open)}, which it must not", fix, open=reached)
    allowed = "; ".join(f"{target} is open: {why}" for target, why in tried.allowed[:MOST_SHOWN])
    if tried.is_empty:
        nameless = f"{_show(tried.nameless)} has no address in the cluster" if tried.nameless else ""
        return unknown(subject, f"not tested: {each.missing or nameless or 'there is no address to try'}")
    untried = (
        f"not tested, since they have no address in the cluster: {_show(tried.nameless)}" if tried.nameless else ""
    )
    if not tried.closed:
        return good(subject, allowed)
    if state is Enforcement.NO:
        message = (
            f"not tested: {_show(tried.closed)} does not answer, but that is not due to policies: none is enforced"
        )
        return unknown(subject, message)
    if state is Enforcement.UNKNOWN:
        return unknown(subject, f"not tested: {_show(tried.closed)} does not answer, but neither does the hub")
    message = f"no connection to {_show(tried.closed)}"
    return good(subject, "; ".join(filter(None, (message, allowed, each.missing, untried))))


def _sort(tenancy: Tenancy, each: Forbidden, attempts: Attempts) -> _Tried:
    opened: list[Target] = []
    closed: list[Target] = []
    allowed: list[tuple[Target, str]] = []
    for target, address, outcome in _outcomes(each, attempts):
        if outcome is not Outcome.OPEN:
            closed.append(address)
        elif why := allowance(tenancy, each.kind, address) or _allowance_behind(tenancy, each, target):
            allowed.append((address, why))
        else:
            opened.append(address)
    nameless = tuple(target for target in each.targets if not attempts.get(target))
    return _Tried(tuple(opened), tuple(closed), tuple(allowed), nameless)


def _outcomes(each: Forbidden, attempts: Attempts) -> Iterator[tuple[Target, Target, Outcome]]:
    seen: set[Target] = set()
    for target in each.targets:
        for address, outcome in (attempts.get(target) or {}).items():
            if address not in seen:
                seen.add(address)
                yield target, address, outcome


def _allowance_behind(tenancy: Tenancy, each: Forbidden, target: Target) -> str:
    """Return why the API's Service may be reached: policies see the address of the API server behind it."""
    if target != API_SERVICE:
        return ""
    behind = (allowance(tenancy, API, server) for server in each.targets if server != API_SERVICE)
    return next(filter(None, behind), "")


def _fix(tenancy: Tenancy, each: Forbidden) -> str:
    if each.kind in PODS:
        return _FIX_ONE.format(namespace=tenancy.namespace, release=tenancy.release)
    return _FIX_NODES


def _join(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _show(targets: Sequence[Target]) -> str:
    shown = ", ".join(map(str, targets[:MOST_SHOWN]))
    return f"{shown} and {len(targets) - MOST_SHOWN} more" if len(targets) > MOST_SHOWN else shown
