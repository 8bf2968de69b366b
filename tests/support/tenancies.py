"""Tenancies to try things on: the smallest that is good, and good ones with something changed."""

import copy
from typing import Any

import yaml

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
"""The certificate of a throw-away authority; its key was never kept."""

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
"""A change that takes the key away."""


def settings(**changes: Any) -> dict[str, Any]:
    """The smallest good settings with these changed; ``identity__realm`` is a key inside a group."""
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
    """A good tenancy with these settings changed."""
    return read_config(settings(**changes), source="test")


def problems(**changes: Any) -> list[Problem]:
    """What is said about settings changed so."""
    try:
        tenancy(**changes)
    except InvalidTenancy as invalid:
        return list(invalid.problems)
    return []


def problem(**changes: Any) -> Problem:
    """The one thing said about settings changed so."""
    (only,) = problems(**changes)
    return only


def stack_text(**changes: Any) -> str:
    """A stack file with these settings changed."""
    config = {f"pangeo:{key}": value for key, value in settings(**changes).items()}
    return yaml.safe_dump({"encryptionsalt": "v1:salt", "config": config}, sort_keys=False)
