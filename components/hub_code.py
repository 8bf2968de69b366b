"""The Python that runs inside the hub, as chart values: whole files, mounted where the hub imports them from.

z2jh puts the folder of its own configuration on Python's path, so these modules keep their names there, and a traceback
in the hub's log names the file that is here.
"""

import functools
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HUB_FOLDER = "/usr/local/etc/jupyterhub"
"""Where z2jh 4.4.0 keeps ``jupyterhub_config.py``."""

MODULES = (
    "freeipa/connection.py",
    "freeipa/errors.py",
    "freeipa/names.py",
    "freeipa/settings.py",
    "hub_config/__init__.py",
    "hub_config/authenticator.py",
    "hub_config/claims.py",
    "hub_config/configure.py",
    "hub_config/membership.py",
    "hub_config/profiles.py",
    "hub_config/quantity.py",
    "hub_config/sentences.py",
    "hub_config/volume_growth.py",
    "patience.py",
    "printable.py",
)


def hub_code() -> dict[str, Any]:
    """``hub.extraFiles`` and ``hub.extraConfig``."""
    return {
        "extraFiles": {
            f"{HERE.name}-{module.replace('/', '-')}": {
                "mountPath": f"{HUB_FOLDER}/{HERE.name}/{module}",
                "stringData": _text_of(module),
            }
            for module in MODULES
        },
        "extraConfig": {"pangeo": "from components.hub_config.configure import configure\n\nconfigure(c)\n"},
    }


@functools.cache  # many tenancies, one checkout
def _text_of(module: str) -> str:
    return (HERE / module).read_text()
