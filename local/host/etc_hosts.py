"""The names of the local tenancy in /etc/hosts, between two marks, because no DNS server knows them here."""

from pathlib import Path

from local.tenancy.addresses import DIRECTORY_NAME, INGRESS_ADDRESS, NODE_ADDRESS

HOSTS = Path("/etc/hosts")
BEGIN = "# begin pangeo local tenancy"
END = "# end pangeo local tenancy"


def without_names(text: str) -> str:
    """The hosts file without the tenancy's lines."""
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


def with_names(text: str, domain: str) -> str:
    """The hosts file with the directory's name and the hub's ``domain``."""
    names = [BEGIN, f"{NODE_ADDRESS} {DIRECTORY_NAME}", f"{INGRESS_ADDRESS} {domain}", END]
    before = without_names(text)
    if before and not before.endswith("\n"):
        before += "\n"
    return before + "\n".join(names) + "\n"


def add(domain: str, hosts: Path = HOSTS) -> None:
    """Let this machine resolve the tenancy's names; nothing is written when it does already."""
    text = hosts.read_text()
    if with_names(text, domain) != text:
        hosts.write_text(with_names(text, domain))


def remove(hosts: Path = HOSTS) -> None:
    """Take the tenancy's names out again."""
    text = hosts.read_text()
    if without_names(text) != text:
        hosts.write_text(without_names(text))
