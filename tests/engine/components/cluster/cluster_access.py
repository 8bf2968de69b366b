"""Access to a real API server with a kubeconfig: its identity, or the refusal, and an account with few permissions."""

import json
import os
from collections.abc import Callable

import pytest

from components.cluster.client import connect_to_cluster
from components.cluster.errors import CannotAsk
from components.cluster.identity import read_cluster_id
from components.cluster.kubeconfig import Kubeconfig
from tests.support.api_server import ApiServer
from tests.support.waiting import wait_until

Change = Callable[..., Kubeconfig]
"""Returns the administrator's kubeconfig with another user or other keys of the cluster."""


def allow(server: ApiServer) -> None:
    """Grant the account read access, and wait until the server applies it."""
    subject = "--serviceaccount=default:nobody"
    server.kubectl("create", "clusterrolebinding", "nobody", "--clusterrole=cluster-admin", subject)
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": "system:serviceaccount:default:nobody",
            "resourceAttributes": {"verb": "get", "resource": "namespaces", "name": "kube-system"},
        },
    }
    ask = ("create", "--filename", "-", "--output", "jsonpath={.status.allowed}")
    wait_until(lambda: server.kubectl(*ask, stdin=json.dumps(review)) == "true", "the account has no access")


def uid(server: ApiServer) -> str:
    return str(server.read("namespace", "kube-system")["metadata"]["uid"])


def read_uid(kubeconfig: Kubeconfig, path: str = os.defpath, timeout_seconds: float = 30) -> str:
    with connect_to_cluster(kubeconfig, {"PATH": path, "HOME": "/nowhere"}, timeout_seconds) as api:
        return read_cluster_id(api).uid


def refusal(kubeconfig: Kubeconfig, path: str = os.defpath, timeout_seconds: float = 30) -> str:
    with pytest.raises(CannotAsk) as caught:
        read_uid(kubeconfig, path, timeout_seconds)
    return str(caught.value)
