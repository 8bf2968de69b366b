"""Valid tenancies for tests: the smallest one, and variants of it."""

import copy
from ipaddress import ip_address
from typing import Any

import yaml

from components.config.domain import derived_domain
from components.config.problems import InvalidTenancy, Problem
from components.config.stack_file import read_config
from components.config.tenancy import Tenancy

CA_CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBJzCBzqADAgECAgEBMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB1Rlc3QgQ0Ew
IBcNMjYwMTAxMDAwMDAwWhgPMjA5NjAxMDEwMDAwMDBaMBIxEDAOBgNVBAMMB1Rl
c3QgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQmL6crGYB3kj2PFqX5OWTV
5RYCxCfGOjpx7euqH/RZ0+T5BGWzPqfHItajrw3uPxfbIJHaheEbjkDT72Rxwy67
oxMwETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDzK6lpNBSv
xsri57dKjysF1YBNGOXAIXP48A+C7bZgIAIgIyHJaVfk4RJxA4epXHtJTjyu/Inf
2LFxD99NIXvLt/g=
-----END CERTIFICATE-----
"""
"""The certificate of an authority whose key was not kept."""

_SMALLEST: dict[str, Any] = {
    "clusterName": "vis-pangeo",
    "externalIp": "192.171.139.83",
    "notebookCpus": 2,
    "notebookRamGb": 4,
    "notebookStorageGb": 10,
    "identity": {
        "server": "ipa.example.org",
        "realm": "EXAMPLE.ORG",
        "bindDn": "uid=deployer,cn=users,cn=accounts,dc=example,dc=org",
    },
}

ABSENT = object()
"""A change that removes the key."""


def settings(**changes: Any) -> dict[str, Any]:
    """Return the smallest valid settings with these changes; ``identity__realm`` is a key in a section."""
    changed = copy.deepcopy(_SMALLEST)
    for path, value in changes.items():
        *groups, key = path.split("__")
        inner = changed
        for group in groups:
            inner = inner.setdefault(group, {})
        if value is ABSENT:
            del inner[key]
        else:
            inner[key] = value
    return changed


def tenancy(**changes: Any) -> Tenancy:
    """Return a valid tenancy with these settings changed."""
    changed = settings(**changes)
    # A kubeconfig is only accepted as a secret.
    has_kubeconfig = "kubeconfig" in str(changed.get("kubernetes"))
    return read_config(changed, source="test", secret_keys=["kubernetes"] if has_kubeconfig else [])


def problems(**changes: Any) -> list[Problem]:
    """Return the problems of the settings with these changes."""
    try:
        tenancy(**changes)
    except InvalidTenancy as invalid:
        return list(invalid.problems)
    return []


def problem(**changes: Any) -> Problem:
    """Return the only problem of the settings with these changes."""
    (only,) = problems(**changes)
    return only


def stack_text(**changes: Any) -> str:
    """Return the text of a stack file with these settings changed."""
    config = {f"pangeo:{key}": value for key, value in settings(**changes).items()}
    return yaml.safe_dump({"encryptionsalt": "v1:salt", "config": config}, sort_keys=False)


def domain_of(address: str) -> str:
    """Return the domain of a tenancy with this address and no domain of its own."""
    return derived_domain(ip_address(address))


DOMAIN = tenancy().domain
"""The domain of the smallest tenancy, derived from its address."""
