"""JupyterHub reads this file at its start: it hands on what the chart's values mean, then runs ``hub.extraConfig``.

The cookie secret, the encryption keys and the proxy's token reach JupyterHub through its own environment variables.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
SECRET = HERE.with_name("jupyterhub-secret")
sys.path.insert(0, str(HERE))

from hub_traits import traits  # type: ignore[import-not-found]  # noqa: E402 - found through the line above

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub's
values = json.loads((SECRET / "values.json").read_text())


def service_token(service: str) -> str:
    """The API token of a service, which the chart keeps under a key of its own."""
    return (SECRET / f"hub.services.{service}.apiToken").read_text()


for class_name, settings in traits(values, service_token).items():
    c[class_name].update(settings)

for name in sorted(values["hub"]["extraConfig"]):
    exec(compile(values["hub"]["extraConfig"][name], f"hub.extraConfig.{name}", "exec"))  # noqa: S102 - what the value is for
