"""The command ``new``: takes what a tenancy must say from flags, asks for the rest at a terminal."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from components.cli.diagnose.result import SOMETHING_BROKEN
from components.cli.stack_writer import certificate_text, number, write_new
from components.config.problems import InvalidTenancy
from components.config.schema import find_field
from components.config.stack_file import STACKS
from components.config.tenancy import Tenancy

Settings = dict[str, Any]

SUGGESTED = {"notebookCpus": "2", "notebookRamGb": "4", "notebookStorageGb": "10"}
"""What Enter gives at the terminal; a flag that is left out elsewhere is missing."""

ASKED = (
    "clusterName",
    "externalIp",
    "notebookCpus",
    "notebookRamGb",
    "notebookStorageGb",
    "identity.server",
    "identity.realm",
    "identity.bindDn",
)
"""The keys every tenancy needs, in the order they are asked."""


def new(
    stack: Annotated[str, typer.Argument(help="the stack's name, e.g. vis")],
    cluster_name: Annotated[
        str | None, typer.Option(help="names namespace and group; the stack's name unless given")
    ] = None,
    external_ip: Annotated[str | None, typer.Option(help="where the ingress answers")] = None,
    domain: Annotated[str | None, typer.Option(help="the hub's name, if you have one for it")] = None,
    cpus: Annotated[str | None, typer.Option(help="CPUs of a notebook")] = None,
    ram_gb: Annotated[str | None, typer.Option(help="memory of a notebook, GB")] = None,
    storage_gb: Annotated[str | None, typer.Option(help="size of a home, GB")] = None,
    server: Annotated[list[str] | None, typer.Option(help="FreeIPA server; give it again for each replica")] = None,
    realm: Annotated[str | None, typer.Option(help="Kerberos realm")] = None,
    bind_dn: Annotated[str | None, typer.Option(help="the program's account in FreeIPA")] = None,
    identity_ca_file: Annotated[str | None, typer.Option(help="FreeIPA's /etc/ipa/ca.crt")] = None,
    storage_class: Annotated[str | None, typer.Option(help="an existing storage class for homes")] = None,
    ingress_class: Annotated[str | None, typer.Option(help="the ingress class")] = None,
    cluster_issuer: Annotated[str | None, typer.Option(help="cert-manager's issuer of the hub's certificate")] = None,
    tls_secret: Annotated[str | None, typer.Option(help="or a TLS Secret of your own")] = None,
    context: Annotated[str | None, typer.Option(help="context in the kubeconfig")] = None,
) -> None:
    """Write stacks/Pulumi.STACK.yaml, checked, with a comment above each key. Never over a file that is there."""
    flags = {
        "clusterName": cluster_name or stack,
        "externalIp": external_ip,
        "pangeoDomain": domain,
        "notebookCpus": cpus,
        "notebookRamGb": ram_gb,
        "notebookStorageGb": storage_gb,
        "identity.server": server[0] if server and len(server) == 1 else server,
        "identity.realm": realm,
        "identity.bindDn": bind_dn,
        "storage.className": storage_class,
        "ingress.className": ingress_class,
        "ingress.tls.clusterIssuer": cluster_issuer,
        "ingress.tls.secretName": tls_secret,
        "kubernetes.context": context,
    }
    try:
        if identity_ca_file:
            flags["identity.caCertificate"] = certificate_text(identity_ca_file, "--identity-ca-file")
        path, tenancy = write_new(stack, settings_of(flags, ask=is_terminal()), STACKS)
    except InvalidTenancy as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(SOMETHING_BROKEN)
    print(f"{path}: written. https://{tenancy.domain} for {tenancy.notebook_users_group}")
    print(f"next: pulumi stack init {stack}, pulumi preview")


def is_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty()


def settings_of(flags: Mapping[str, str | list[str] | None], *, ask: bool) -> Settings:
    """The settings as a stack file nests them, numbers as numbers.

    Args:
        flags: by dotted key; None was not given.
        ask: whether somebody is there to be asked for what every tenancy needs.
    """
    settings: Settings = {}
    for key in (*ASKED, *(key for key in flags if key not in ASKED)):
        value = flags.get(key)
        if value is None and key in ASKED and ask:
            value = _asked(key)
        if value is None:
            continue
        *groups, last = key.split(".")
        inner = settings
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[last] = number(value) if isinstance(value, str) and key in SUGGESTED else value
    return settings


def _asked(key: str) -> str:
    _, field = find_field(Tenancy, tuple(key.split(".")))
    about = field.description if field else key
    return str(typer.prompt(f"{about}\n  {key}", default=SUGGESTED.get(key)))
