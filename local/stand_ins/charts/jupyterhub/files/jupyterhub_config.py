"""Configuration file of JupyterHub: apply the settings from the chart's values, then run ``hub.extraConfig``.

JupyterHub reads the cookie secret, the encryption keys and the proxy's token from its own environment variables.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
SECRET = HERE.with_name("jupyterhub-secret")
sys.path.insert(0, str(HERE))

from hub_traits import traits  # type: ignore[import-not-found]  # noqa: E402 - needs the path above

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - defined by JupyterHub
values = json.loads((SECRET / "values.json").read_text())


def service_token(service: str) -> str:
    """Read the API token of a service, which has its own key in the Secret."""
    return (SECRET / f"hub.services.{service}.apiToken").read_text()


for class_name, settings in traits(values, service_token).items():
    c[class_name].update(settings)

for name in sorted(values["hub"]["extraConfig"]):
    exec(compile(values["hub"]["extraConfig"][name], f"hub.extraConfig.{name}", "exec"))  # noqa: S102 - the purpose of the value
