"""The cluster's changes to the machine's network: a bridge, firewall rules, kernel settings; and their removal."""

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
"""The bridge's hardware address. Without a fixed one it would change with each pod that starts or ends."""

FAMILIES = ("iptables", "ip6tables")
SYSCTLS = Path("/proc/sys")
QUEUES = Path("/proc/net/netfilter/nfnetlink_queue")
"""The kernel's list of netfilter queues with a listener; it exists only if the kernel supports queues."""

CHANGED_SETTINGS = (
    # First: a change of it resets other settings below net.ipv4.conf.
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
    """Save the kernel settings, make the bridge, and add the firewall rules that keep pods' traffic on this machine.

    Raises:
        Failure: a program failed; names the log. Or the kernel has no ``br_netfilter``.
    """
    log = state.logs / "network.log"
    # Debian has these as modules. A kernel may have them built in, so that a failure does not matter.
    load = "modprobe -a br_netfilter overlay nfnetlink_queue 2>&1 || true"
    output(["sh", "-c", load], timeout_seconds=TIMEOUT_SECONDS)
    _save_settings()
    if not _exists(BRIDGE):
        network = IPv4Network(POD_NETWORK)
        for words in (
            f"link add {BRIDGE} address {BRIDGE_MAC} type bridge",
            f"addr add {NODE_ADDRESS}/{network.prefixlen} dev {BRIDGE}",
            f"link set {BRIDGE} up",
            # Services are reachable without a default route, and their addresses are never routed to another machine.
            f"route add {SERVICE_NETWORK} dev {BRIDGE} src {NODE_ADDRESS}",
        ):
            run(["ip", *words.split()], log=log, timeout_seconds=TIMEOUT_SECONDS)
    # Without this, answers between pods on the bridge do not get back the Service's address.
    bridged = SYSCTLS / "net/bridge/bridge-nf-call-iptables"
    if not bridged.exists():
        raise Failure("this kernel has no br_netfilter", fix="load that module: modprobe br_netfilter")
    bridged.write_text("1\n")
    (SYSCTLS / "net/ipv4/ip_forward").write_text("1\n")
    # Pods use IPv4 only. An IPv6 address on each pod's interface would make Chromium drop its open requests
    # (ERR_NETWORK_CHANGED) whenever a pod starts or ends.
    disable_ipv6 = SYSCTLS / "net/ipv6/conf/default/disable_ipv6"
    if disable_ipv6.exists():
        disable_ipv6.write_text("1\n")
    # Rules of an earlier start are removed first.
    outdated = removal(_dump_rules("iptables"), [f"{FIREWALL_CHAIN}-"])
    _restore("iptables", outdated + firewall_rules(), log)
    # Without packet queues in the kernel, everything but network policies works.
    with contextlib.suppress(Failure):
        _restore("iptables", policy_rules(), log)


def can_enforce_policies() -> bool:
    """Return whether the kernel has packet queues, and the rules exist that pass packets to the policy enforcer."""
    return QUEUES.exists() and f"-j {FIREWALL_CHAIN}-POLICIES" in _dump_rules("iptables")


def enforces_policies() -> bool:
    """Return whether network policies are enforced: the rules exist and the policy enforcer listens."""
    return can_enforce_policies() and has_listener(QUEUES.read_text(), POLICY_QUEUE)


def has_listener(queues: str, number: int) -> bool:
    """Return whether the kernel's list of queues has a listener for this one."""
    return any(line.split()[:1] == [str(number)] for line in queues.splitlines())


def down(state: State) -> None:
    """Undo ``up`` and the changes of kube-proxy, kubelet and the bridge plugin, as far as there are any."""
    log = state.logs / "network.log"
    if _exists(BRIDGE):
        # Its ports first: the port of a pod that still closes connections would remain without the bridge.
        for name in (*interfaces(f"master {BRIDGE}"), BRIDGE):
            _delete(name, log)
    for family in FAMILIES:
        removing = removal(_dump_rules(family))
        if removing:
            _restore(family, removing, log)
    _restore_settings()


def interfaces(which: str) -> list[str]:
    """Names of network interfaces; ``which`` is a selection of ``ip link show``, e.g. ``master pangeo0``."""
    found = output(["ip", "-json", "link", "show", *which.split()], timeout_seconds=TIMEOUT_SECONDS)
    return [str(link["ifname"]) for link in json.loads(found or "[]") if link]


def leftovers() -> list[str]:
    """Return the bridge, rules and changed settings that still exist, one line each."""
    lines = [f"interface {BRIDGE}"] if _exists(BRIDGE) else []
    for family in FAMILIES:
        count = len(own_lines(_dump_rules(family)))
        lines += [f"{count} {family} rules and chains"] if count else []
    return lines + [f"kernel setting {name}" for name, value in _read_settings().items() if _setting(name) != value]


def own_lines(saved: str, prefixes: Sequence[str] = OWN_CHAINS) -> list[str]:
    """Return the lines of ``iptables-save`` that declare, extend or jump to a chain with one of the prefixes."""
    chains = "|".join(map(re.escape, prefixes))
    own = re.compile(rf"^(?::(?:{chains})|-A (?:{chains})|-A .* -[jg] (?:{chains}))")
    return [line for line in saved.splitlines() if own.match(line)]


def removal(saved: str, prefixes: Sequence[str] = OWN_CHAINS) -> str:
    """Input of ``iptables-restore --noflush`` that removes the chains with these prefixes and all jumps to them.

    ``saved`` is the output of ``iptables-save``; the result is empty if it has no such chain.
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
            # Declaring a chain empties it, so that all can then be deleted in any order.
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
        # The interface disappears by itself when the last process of its pod ends.
        if _exists(interface):
            raise


def _dump_rules(family: str) -> str:
    return output([f"{family}-save"], timeout_seconds=TIMEOUT_SECONDS)


def _restore(family: str, rules: str, log: Path) -> None:
    run([f"{family}-restore", "--noflush", "--wait", "10"], log=log, timeout_seconds=TIMEOUT_SECONDS, stdin=rules)


def _setting(name: str) -> str | None:
    try:
        return (SYSCTLS / name).read_text()
    except OSError:
        return None


def _read_settings() -> dict[str, str]:
    try:
        settings: dict[str, str] = json.loads((RUN / "settings.json").read_text())
    except (OSError, ValueError):
        return {}
    return settings


def _save_settings() -> None:
    if _read_settings():
        return
    RUN.mkdir(parents=True, exist_ok=True, mode=0o700)
    (RUN / "settings.json").write_text(json.dumps(_existing_settings(CHANGED_SETTINGS)))


def _existing_settings(names: Iterable[str]) -> dict[str, str]:
    return {name: value for name in names if (value := _setting(name)) is not None}


def _restore_settings() -> None:
    for name, value in _read_settings().items():
        if _setting(name) != value:
            (SYSCTLS / name).write_text(value)
