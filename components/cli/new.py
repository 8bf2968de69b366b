"""The command ``new``: writes a stack file from options, and asks at a terminal for required keys that are missing."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from components.cli.diagnose.result import EXIT_FAILED
from components.cli.stack_writer import parse_number, read_certificate, write_stack
from components.config.problems import InvalidTenancy
from components.config.schema import find_field
from components.config.stack_file import STACKS
from components.config.tenancy import Tenancy
from components.escape import escape_control_characters

Settings = dict[str, Any]

SUGGESTIONS = {"notebookCpus": "2", "notebookRamGb": "4", "notebookStorageGb": "10"}
"""Values that Enter accepts at the terminal. They are not defaults: without a terminal the key is missing."""

REQUIRED = (
    "clusterName",
    "externalIp",
    "notebookCpus",
    "notebookRamGb",
    "notebookStorageGb",
    "identity.server",
    "identity.realm",
    "identity.bindDn",
)
"""Keys that every tenancy needs, in the order of the questions."""


def new(
    stack: Annotated[str, typer.Argument(help="Name of the stack, e.g. vis.")],
    cluster_name: Annotated[
        str | None, typer.Option(help="Name of the namespace and of the group. Default: the stack's name.")
    ] = None,
    external_ip: Annotated[str | None, typer.Option(help="IP address of the ingress.")] = None,
    domain: Annotated[str | None, typer.Option(help="Host name of the hub, if you have one for it.")] = None,
    cpus: Annotated[str | None, typer.Option(help="CPUs of a notebook server.")] = None,
    ram_gb: Annotated[str | None, typer.Option(help="Memory of a notebook server in GB.")] = None,
    storage_gb: Annotated[str | None, typer.Option(help="Size of a home volume in GB.")] = None,
    server: Annotated[list[str] | None, typer.Option(help="FreeIPA server. Repeat it for each replica.")] = None,
    realm: Annotated[str | None, typer.Option(help="Kerberos realm.")] = None,
    bind_dn: Annotated[str | None, typer.Option(help="DN of the program's account in FreeIPA.")] = None,
    identity_ca_file: Annotated[str | None, typer.Option(help="FreeIPA's /etc/ipa/ca.crt.")] = None,
    storage_class: Annotated[str | None, typer.Option(help="Existing storage class for homes.")] = None,
    ingress_class: Annotated[str | None, typer.Option(help="Ingress class.")] = None,
    cluster_issuer: Annotated[str | None, typer.Option(help="cert-manager's issuer of the hub's certificate.")] = None,
    tls_secret: Annotated[str | None, typer.Option(help="Existing TLS Secret, instead of an issuer.")] = None,
    context: Annotated[str | None, typer.Option(help="Context in the kubeconfig.")] = None,
) -> None:
    """Write stacks/Pulumi.STACK.yaml with a comment above each key.

    The settings are checked first, and an existing file is never changed. At a terminal, missing values are asked for.
    """
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
            flags["identity.caCertificate"] = read_certificate(identity_ca_file, "--identity-ca-file")
        written = write_stack(stack, nest_settings(flags, ask=is_terminal()), STACKS)
    except InvalidTenancy as invalid:
        print(invalid, file=sys.stderr)
        sys.exit(EXIT_FAILED)
    tenancy = written.tenancy
    print(f"{written.path}: written. https://{tenancy.domain} for {tenancy.notebook_users_group}")
    for warning in written.warnings:
        print(f"  warning: {escape_control_characters(warning)}")
    print(f"next: pulumi stack init {stack}, pulumi preview")


def is_terminal() -> bool:
    """Return whether questions can be asked."""
    return sys.stdin.isatty()


def nest_settings(flags: Mapping[str, str | list[str] | None], *, ask: bool) -> Settings:
    """Return the settings nested as in a stack file, with numbers as numbers.

    Args:
        flags: values by dotted key; None where the option was not given.
        ask: whether to ask for required keys that are missing.
    """
    settings: Settings = {}
    for key in (*REQUIRED, *(key for key in flags if key not in REQUIRED)):
        value = flags.get(key)
        if value is None and key in REQUIRED and ask:
            value = _ask(key)
        if value is None:
            continue
        *sections, last = key.split(".")
        inner = settings
        for section in sections:
            inner = inner.setdefault(section, {})
        inner[last] = parse_number(value) if isinstance(value, str) and key in SUGGESTIONS else value
    return settings


def _ask(key: str) -> str:
    _, field = find_field(Tenancy, tuple(key.split(".")))
    description = field.description if field else key
    return str(typer.prompt(f"{description}\n  {key}", default=SUGGESTIONS.get(key)))
