"""Host names of the local tenancy in /etc/hosts, between two marker lines, because no DNS server has them."""

from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path

HOSTS = Path("/etc/hosts")
BEGIN = "# begin pangeo local tenancy"
END = "# end pangeo local tenancy"


def without_names(text: str) -> str:
    """Return the hosts file without the tenancy's lines."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines(keepends=True):
        if line.strip() == BEGIN:
            inside = True
        if not inside:
            kept.append(line)
        if line.strip() == END:
            inside = False
    return "".join(kept)


def with_names(text: str, names: Mapping[str, IPv4Address]) -> str:
    """Return the hosts file with these host names and their addresses as the tenancy's lines."""
    before = without_names(text)
    if before and not before.endswith("\n"):
        before += "\n"
    return before + "\n".join([BEGIN, *(f"{address} {name}" for name, address in names.items()), END]) + "\n"


def add(names: Mapping[str, IPv4Address], hosts: Path = HOSTS) -> None:
    """Make this machine resolve the host names; nothing is written if it does already."""
    text = hosts.read_text()
    if with_names(text, names) != text:
        hosts.write_text(with_names(text, names))


def remove(hosts: Path = HOSTS) -> None:
    """Remove the tenancy's host names."""
    text = hosts.read_text()
    if without_names(text) != text:
        hosts.write_text(without_names(text))
