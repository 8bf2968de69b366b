"""What the node changes in the machine's network: a bridge, firewall rules, kernel settings; and how it is undone."""

import contextlib
import json
import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network
from pathlib import Path

from local.cluster.configuration import firewall_rules, policy_rules
from local.cluster.names import FIREWALL_CHAIN, OWN_CHAINS, POLICY_QUEUE, RUN
from local.failure import Failure
from local.host.commands import output, run
from local.paths import State
from local.tenancy.addresses import BRIDGE, NODE_ADDRESS, POD_NETWORK, SERVICE_NETWORK

TIMEOUT_SECONDS = 20
BRIDGE_MAC = "0a:58:0a:f4:00:01"
"""Given, because a bridge without one takes another with each pod that comes and goes."""

FAMILIES = ("iptables", "ip6tables")
SYSCTLS = Path("/proc/sys")
QUEUES = Path("/proc/net/netfilter/nfnetlink_queue")
"""Who listens on which netfilter queue, one line each; only there where the kernel hands packets to programs."""

KEPT_SETTINGS = (
    # First: the kernel sets others below net.ipv4.conf anew when it changes.
    "net/ipv4/ip_forward",
    "net/ipv4/conf/all/accept_redirects",
    "net/ipv4/conf/all/route_localnet",
    "net/bridge/bridge-nf-call-iptables",
    "net/bridge/bridge-nf-call-ip6tables",
    "net/ipv6/conf/default/disable_ipv6",
    "net/netfilter/nf_conntrack_max",
    "net/netfilter/nf_conntrack_tcp_be_liberal",
    "net/netfilter/nf_conntrack_tcp_timeout_close_wait",
    "net/netfilter/nf_conntrack_tcp_timeout_established",
    "kernel/keys/root_maxbytes",
    "kernel/keys/root_maxkeys",
    "kernel/panic",
    "kernel/panic_on_oops",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
)
"""Kernel settings that this module, kubelet, kube-proxy or the bridge plugin may change."""


def up(state: State) -> None:
    """Make the bridge, keep the pods' traffic on this machine, and remember the kernel settings as they are.

    Raises:
        Failure: the kernel refuses; names the log.
    """
    log = state.logs / "network.log"
    # Debian has them as modules; where they are built in, or modprobe is missing, there is nothing to load.
    load = "modprobe -a br_netfilter overlay nfnetlink_queue 2>&1 || true"
    output(["sh", "-c", load], timeout_seconds=TIMEOUT_SECONDS)
    _save_settings()
    if not _exists(BRIDGE):
        network = IPv4Network(POD_NETWORK)
        for words in (
            f"link add {BRIDGE} address {BRIDGE_MAC} type bridge",
            f"addr add {NODE_ADDRESS}/{network.prefixlen} dev {BRIDGE}",
            f"link set {BRIDGE} up",
            # Services are found even where the machine has no default route, and never looked for outside.
            f"route add {SERVICE_NETWORK} dev {BRIDGE} src {NODE_ADDRESS}",
        ):
            run(["ip", *words.split()], log=log, timeout_seconds=TIMEOUT_SECONDS)
    # Pods reach each other over the bridge: without this the answer to a Service's address is not translated back.
    bridged = SYSCTLS / "net/bridge/bridge-nf-call-iptables"
    if not bridged.exists():
        raise Failure("this kernel has no br_netfilter", fix="load that module: modprobe br_netfilter")
    bridged.write_text("1\n")
    (SYSCTLS / "net/ipv4/ip_forward").write_text("1\n")
    # Chromium drops every request under way when an address comes or goes (ERR_NETWORK_CHANGED), and each pod's
    # interface would bring one. Pods speak IPv4 only.
    no_address_of_their_own = SYSCTLS / "net/ipv6/conf/default/disable_ipv6"
    if no_address_of_their_own.exists():
        no_address_of_their_own.write_text("1\n")
    # Taken out first, so that none is there twice and none of an earlier version stays.
    outdated = removal(_saved("iptables"), [f"{FIREWALL_CHAIN}-"])
    _restore("iptables", outdated + firewall_rules(), log)
    # A kernel without queues does everything but hold pods to their policies.
    with contextlib.suppress(Failure):
        _restore("iptables", policy_rules(), log)


def can_enforce_policies() -> bool:
    """Whether this kernel hands packets to programs, and the rules are there by which the policy enforcer gets them."""
    return QUEUES.exists() and f"-j {FIREWALL_CHAIN}-POLICIES" in _saved("iptables")


def enforces_policies() -> bool:
    """Whether what a network policy refuses is refused: the rules are there and the policy enforcer listens."""
    return can_enforce_policies() and has_listener(QUEUES.read_text(), POLICY_QUEUE)


def has_listener(queues: str, number: int) -> bool:
    """Whether a program listens on this netfilter queue, from the kernel's list of them."""
    return any(line.split()[:1] == [str(number)] for line in queues.splitlines())


def down(state: State) -> None:
    """Undo ``up`` and what kube-proxy, kubelet and the bridge plugin added; fine when nothing is there."""
    log = state.logs / "network.log"
    if _exists(BRIDGE):
        # Its ports first: one whose pod still closes connections would outlive the bridge.
        for name in (*interfaces(f"master {BRIDGE}"), BRIDGE):
            _delete(name, log)
    for family in FAMILIES:
        removing = removal(_saved(family))
        if removing:
            _restore(family, removing, log)
    _restore_settings()


def interfaces(which: str) -> list[str]:
    """Names of network interfaces, chosen in the words of ``ip link show``."""
    found = output(["ip", "-json", "link", "show", *which.split()], timeout_seconds=TIMEOUT_SECONDS)
    return [str(link["ifname"]) for link in json.loads(found or "[]") if link]


def left() -> list[str]:
    """What of the bridge, the rules and the settings is still there, one line each."""
    lines = [f"interface {BRIDGE}"] if _exists(BRIDGE) else []
    for family in FAMILIES:
        count = len(own_lines(_saved(family)))
        lines += [f"{count} {family} rules and chains"] if count else []
    return lines + [f"kernel setting {name}" for name, value in _kept().items() if _setting(name) != value]


def own_lines(saved: str, prefixes: Sequence[str] = OWN_CHAINS) -> list[str]:
    """The lines of ``iptables-save`` that declare a chain so named, are in one, or lead to one."""
    chains = "|".join(map(re.escape, prefixes))
    own = re.compile(rf"^(?::(?:{chains})|-A (?:{chains})|-A .* -[jg] (?:{chains}))")
    return [line for line in saved.splitlines() if own.match(line)]


def removal(saved: str, prefixes: Sequence[str] = OWN_CHAINS) -> str:
    """What ``iptables-restore --noflush`` reads to remove chains so named and all that leads to them, nothing else.

    ``saved`` is the output of ``iptables-save``; the result is empty when it holds none of them.
    """
    tables = re.findall(r"^\*(\S+)\n(.*?)^COMMIT$", saved, flags=re.MULTILINE | re.DOTALL)
    return "".join(_table_removal(table, own_lines(body, prefixes)) for table, body in tables)


def _table_removal(table: str, own: list[str]) -> str:
    if not own:
        return ""
    chains = [line.split()[0].removeprefix(":") for line in own if line.startswith(":")]
    jumps = [line for line in own if line.startswith("-A") and line.split()[1] not in chains]
    return "\n".join(
        [
            f"*{table}",
            # Naming a chain empties it, so that each can then be deleted, whichever led to which.
            *(f":{chain} - [0:0]" for chain in chains),
            *(f"-D{line.removeprefix('-A')}" for line in jumps),
            *(f"-X {chain}" for chain in chains),
            "COMMIT\n",
        ]
    )


def _exists(interface: str) -> bool:
    return Path("/sys/class/net", interface).exists()


def _delete(interface: str, log: Path) -> None:
    try:
        run(["ip", "link", "delete", interface], log=log, timeout_seconds=TIMEOUT_SECONDS)
    except Failure:
        # A pod's end of the cable goes when its last process has, and takes this end with it.
        if _exists(interface):
            raise


def _saved(family: str) -> str:
    return output([f"{family}-save"], timeout_seconds=TIMEOUT_SECONDS)


def _restore(family: str, rules: str, log: Path) -> None:
    run([f"{family}-restore", "--noflush", "--wait", "10"], log=log, timeout_seconds=TIMEOUT_SECONDS, stdin=rules)


def _setting(name: str) -> str | None:
    try:
        return (SYSCTLS / name).read_text()
    except OSError:
        return None


def _kept() -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads((RUN / "settings.json").read_text())
    except (OSError, ValueError):
        return {}
    return kept


def _save_settings() -> None:
    if _kept():
        return
    RUN.mkdir(parents=True, exist_ok=True, mode=0o700)
    (RUN / "settings.json").write_text(json.dumps(_present(KEPT_SETTINGS)))


def _present(names: Iterable[str]) -> dict[str, str]:
    return {name: value for name in names if (value := _setting(name)) is not None}


def _restore_settings() -> None:
    for name, value in _kept().items():
        if _setting(name) != value:
            (SYSCTLS / name).write_text(value)
