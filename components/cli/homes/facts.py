"""Homes of a tenancy, read from the cluster."""

from collections.abc import Mapping

from components.cli.homes.home import Home, make_homes
from components.cluster.client import Api, ReadWriteApi, connect_to_cluster
from components.cluster.errors import Refused
from components.cluster.kubeconfig import find_kubeconfig
from components.cluster.objects import read_claims
from components.config.tenancy import Tenancy

VOLUMES = "/api/v1/persistentvolumes"


def find_homes(tenancy: Tenancy, environment: Mapping[str, str]) -> list[Home]:
    """Return the homes of the tenancy; without those whose claim was deleted if the account may not list volumes.

    Args:
        tenancy: the tenancy.
        environment: where ``KUBECONFIG`` and kubectl are looked up.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    with connect_to_cluster(find_kubeconfig(tenancy.kubernetes, environment), environment) as api:
        return list_homes(api, tenancy.namespace)


def list_homes(api: ReadWriteApi, namespace: str) -> list[Home]:
    """Return the homes of a namespace; without those whose claim was deleted if the account may not list volumes.

    Raises:
        CannotAsk: the cluster gives no answer.
    """
    try:
        volumes = api.get(VOLUMES).get("items") or []
    except Refused:
        # Volumes belong to no namespace, and an account with rights in the tenancy's namespace may not read them.
        volumes = None
    return make_homes(read_claims(api, namespace), _pods(api, namespace), volumes, namespace)


def read_homes(api: ReadWriteApi, namespace: str) -> list[Home]:
    """Return the homes of a namespace with their volumes.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not list volumes.
    """
    volumes = api.get(VOLUMES).get("items") or []
    return make_homes(read_claims(api, namespace), _pods(api, namespace), volumes, namespace)


def _pods(api: Api, namespace: str) -> list[Mapping[str, object]]:
    return list(api.get(f"/api/v1/namespaces/{namespace}/pods").get("items") or [])
