"""Environment variables of the shell, and the private files that they name.

The variables replace the user's own only in the shell. Passwords are in the environment or in files that only root can
read, never in arguments.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from local.paths import State
from local.stand_ins.plugins.choose import Places, Plugin, select_language_host, write_launchers
from local.tenancy import web
from local.tenancy.engine import STACK
from local.tenancy.engine_environment import engine_environment
from local.tenancy.pki import authority
from local.tenancy.proxies import exempt_tenancy

SYSTEM_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
"""Debian's file of trusted certificate authorities."""

AUTHORITY_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables with a file of trusted authorities: of OpenSSL and Go, of Python's requests, and of curl."""

CONFLICTING = (
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_RUNTIME_TOOLCHAIN",
    "PULUMI_RUNTIME_VIRTUALENV",
    "PYTHONHOME",
)
"""Variables that would take precedence over those of the shell, or lead to another backend or interpreter."""


def shell_environment(state: State, environment: Mapping[str, str]) -> dict[str, str]:
    """Return all variables of the shell: the user's own, and those of the tenancy in place of some of them."""
    return replace_variables(environment, tenancy_variables(state, environment))


def replace_variables(environment: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """Return the user's own variables with those of the tenancy, and without conflicting ones."""
    return {**{name: value for name, value in environment.items() if name not in CONFLICTING}, **variables}


def tenancy_variables(state: State, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with which commands work on the tenancy; write the files that they name.

    Args:
        state: the state folder of a tenancy that was deployed.
        environment: the user's own variables.
    """
    folder, engine = shell_folder(state), engine_environment(state)
    authorities = _write_authorities(state, folder / "authorities.pem", environment)
    host = write_launchers(folder / "language-host", [_language_host(engine)], Path(sys.executable))
    return {
        **engine,
        **exempt_tenancy(environment),
        "PATH": os.pathsep.join([str(host), str(Path(sys.executable).parent), engine["PATH"]]),
        "KUBECONFIG": str(_write_kubeconfig(state, folder / "kubeconfig")),
        "PULUMI_STACK": STACK,
        "VIRTUAL_ENV": sys.prefix,
        **dict.fromkeys(AUTHORITY_VARIABLES, str(authorities)),
    }


def shell_folder(state: State) -> Path:
    """Return the folder of the shell's files, which only root can read."""
    folder = state.engine / "shell"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _language_host(engine: Mapping[str, str]) -> Plugin:
    return select_language_host(Places(engine["PATH"], Path(engine["PULUMI_HOME"])))


def _write_kubeconfig(state: State, file: Path) -> Path:
    """Write a copy of the administrator's kubeconfig in which the hub's namespace is the default one."""
    document = yaml.safe_load(state.kubeconfig.read_text())
    for each in document["contexts"]:
        each["context"]["namespace"] = web.NAMESPACE
    return _write_private(file, yaml.safe_dump(document, sort_keys=False))


def _write_authorities(state: State, file: Path, environment: Mapping[str, str]) -> Path:
    """Write the authorities that the user trusts, and that of the local tenancy."""
    own = Path(environment.get(AUTHORITY_VARIABLES[0]) or SYSTEM_AUTHORITIES)
    if own == file:  # a shell in the shell
        own = SYSTEM_AUTHORITIES
    others = own.read_text() if own.is_file() else ""
    return _write_private(file, f"{others}\n{authority(state, 'tenancy').crt.read_text()}")


def _write_private(file: Path, text: str) -> Path:
    """Write a file that only its owner can read, in one step: other shells may be reading it."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    return partial.replace(file)
