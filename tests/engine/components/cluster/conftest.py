import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.cluster.kubeconfig import Kubeconfig
from tests.engine.components.cluster.cluster_access import Change
from tests.support.api_server import ApiServer


@pytest.fixture
def changed(api_server: ApiServer, tmp_path: Path) -> Change:
    """Return the administrator's kubeconfig with another user or other keys of the cluster."""

    def change(user: dict[str, Any] | None = None, **cluster: Any) -> Kubeconfig:
        document = json.loads(api_server.kubeconfig.read_text())
        document["clusters"][0]["cluster"].update(cluster)
        if user is not None:
            document["users"][0]["user"] = user
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(document))
        return Kubeconfig(text=None, path=path, context=None)

    return change


@pytest.fixture
def account(api_server: ApiServer) -> Iterator[str]:
    """Token of an account without permissions."""
    api_server.kubectl("create", "serviceaccount", "nobody")
    yield api_server.kubectl("create", "token", "nobody").strip()
    api_server.kubectl("delete", "clusterrolebinding", "nobody", "--ignore-not-found")
    api_server.kubectl("delete", "serviceaccount", "nobody")
