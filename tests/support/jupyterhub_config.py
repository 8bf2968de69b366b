"""The part of z2jh's configuration file that log-in and volumes need, applied to the chart's values.

Loaded by the hub under test. The file ``HUB_VALUES`` names holds the values of the chart ``jupyterhub``.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from jupyterhub.proxy import Proxy  # type: ignore[import-not-found,unused-ignore]
from kubespawner import KubeSpawner  # type: ignore[import-not-found,unused-ignore]

c = get_config()  # type: ignore[name-defined]  # noqa: F821

values = json.loads(Path(os.environ["HUB_VALUES"]).read_text())
hub, notebook = values["hub"], values["singleuser"]
port = int(os.environ["HUB_PORT"])


class NoProxy(Proxy):  # type: ignore[misc,unused-ignore]
    """Replaces the proxy: the tests connect to the hub directly."""

    should_start = False
    routes: dict[str, Any] = {}  # noqa: RUF012 - one hub, one proxy

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        self.routes[routespec] = {"routespec": routespec, "target": target, "data": {**data}}

    async def delete_route(self, routespec: str) -> None:
        self.routes.pop(routespec, None)

    async def get_all_routes(self) -> dict[str, Any]:
        return self.routes


class NoServers(KubeSpawner):  # type: ignore[misc,unused-ignore]
    """Stands in for users' servers where there is no cluster: the hub accepts no other class."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **{**settings, "_mock": True})

    async def poll(self) -> int:
        return 0


if "HUB_PROXY_API" in os.environ:
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = os.environ["HUB_PROXY_API"]
    c.ConfigurableHTTPProxy.auth_token = os.environ["HUB_PROXY_TOKEN"]
else:
    c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.spawner_class = NoServers
c.JupyterHub.bind_url = f"http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{port}"
c.JupyterHub.cookie_secret = bytes.fromhex(hub["cookieSecret"])
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.services = [
    {
        "name": name,
        **{key: value for key, value in service.items() if key != "apiToken"},
        "api_token": service["apiToken"],
    }
    for name, service in hub["services"].items()
]
c.JupyterHub.load_roles = [{"name": name, **role} for name, role in hub["loadRoles"].items()]

if "allowNamedServers" in hub:
    c.JupyterHub.allow_named_servers = hub["allowNamedServers"]
    c.JupyterHub.named_server_limit_per_user = hub["namedServerLimitPerUser"]

if "KUBECONFIG" in os.environ:
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
    c.KubeSpawner.namespace = os.environ["HUB_NAMESPACE"]
    c.KubeSpawner.image = "{name}:{tag}".format(**notebook["image"])
    c.KubeSpawner.cpu_limit = notebook["cpu"]["limit"]
    c.KubeSpawner.mem_limit = notebook["memory"]["limit"]
    c.KubeSpawner.extra_resource_limits = notebook["extraResource"]["limits"]
    c.KubeSpawner.extra_resource_guarantees = notebook["extraResource"]["guarantees"]
    c.KubeSpawner.storage_pvc_ensure = True
    c.KubeSpawner.storage_capacity = notebook["storage"]["capacity"]
    c.KubeSpawner.storage_class = notebook["storage"]["dynamic"]["storageClass"]
    c.KubeSpawner.storage_access_modes = ["ReadWriteOnce"]
    c.KubeSpawner.volumes = notebook["storage"].get("extraVolumes", {})
    c.KubeSpawner.volume_mounts = notebook["storage"].get("extraVolumeMounts", {})
    c.KubeSpawner.environment = notebook["extraEnv"]
    c.KubeSpawner.profile_list = notebook["profileList"]

if "HUB_SERVER_PROGRAM" in os.environ:
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = f"{Path.cwd()}/homes/{{username}}"
    # Without -P, modules of this folder would replace those of the same names in the standard library.
    c.Spawner.cmd = [sys.executable, "-P", os.environ["HUB_SERVER_PROGRAM"]]

for section, settings in hub["config"].items():
    c[section].update(settings)
if "HUB_PROXY_API" not in os.environ:  # without TLS, clients would not return cookies with the attribute Secure
    c.JupyterHub.tornado_settings = {}
for _, code in sorted(hub["extraConfig"].items()):
    exec(code)  # noqa: S102 - like z2jh
