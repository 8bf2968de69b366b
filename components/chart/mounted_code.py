"""The Python that runs inside the hub, as chart values: whole files, mounted where the hub imports them from.

z2jh puts the folder of its own configuration on Python's path, so these modules keep their names there, and a traceback
in the hub's log names the file that is here.
"""

import functools
from pathlib import Path
from typing import Any

COMPONENTS = Path(__file__).resolve().parent.parent
HUB_FOLDER = "/usr/local/etc/jupyterhub"
"""Where z2jh 4.4.0 keeps ``jupyterhub_config.py``."""

MODULES = (
    "freeipa/connection.py",
    "freeipa/errors.py",
    "freeipa/names.py",
    "freeipa/settings.py",
    "in_hub/__init__.py",
    "in_hub/authenticator.py",
    "in_hub/volume_claims.py",
    "in_hub/configure.py",
    "in_hub/membership.py",
    "in_hub/profiles.py",
    "in_hub/quantity.py",
    "in_hub/messages.py",
    "in_hub/volume_growth.py",
    "deadline.py",
    "escape.py",
)


def hub_code() -> dict[str, Any]:
    """``hub.extraFiles`` and ``hub.extraConfig``."""
    return {
        "extraFiles": {
            f"{COMPONENTS.name}-{module.replace('/', '-')}": {
                "mountPath": f"{HUB_FOLDER}/{COMPONENTS.name}/{module}",
                "stringData": _text_of(module),
            }
            for module in MODULES
        },
        "extraConfig": {"pangeo": "from components.in_hub.configure import configure\n\nconfigure(c)\n"},
    }


@functools.cache  # many tenancies, one checkout
def _text_of(module: str) -> str:
    return (COMPONENTS / module).read_text()
