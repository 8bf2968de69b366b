"""Check of the hub's settings when all of them are known, and before the hub opens its database or serves a page.

Nothing that a user configures can come later: JupyterHub calls ``init_db`` after it has read the configuration file and
applied the command line to it (``JupyterHub.initialize`` in JupyterHub 5.5.0, ``app.py``).
"""

import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyterhub.app import JupyterHub  # type: ignore[import-not-found,unused-ignore]
from kubespawner import KubeSpawner  # type: ignore[import-not-found,unused-ignore]
from traitlets import HasTraits  # type: ignore[import-not-found,unused-ignore]
from traitlets.config.loader import DeferredConfig  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import admission
from components.in_hub.admission import Settings
from components.in_hub.admission_settings import AUTHENTICATOR, HUB, NEUTRAL, PROXY
from components.in_hub.authenticator import AdmissionRefused, FreeIpaAuthenticator
from components.in_hub.live_settings import live_settings
from components.in_hub.statement import Statement, read_statement
from components.in_hub.stored_services import forget_services

TERMINATION_MESSAGE = Path("/dev/termination-log")
"""File whose content the kubelet shows as the reason for the container's end; ``pulumi up`` reports it."""

FIX = (
    "Remove the setting from chart/values.yaml, hub.config, hub.extraConfig or the hub's arguments, and run pulumi up; "
    "pangeo:identity.adminUsers and pangeo:identity.adminGroup name the admins"
)


def install() -> None:
    """Let every JupyterHub of this process check its settings before it opens its database."""
    original = JupyterHub.init_db
    if getattr(original, "guarded", False):
        return

    @functools.wraps(original)
    def init_db(app: Any) -> None:  # noqa: ANN401 - JupyterHub has no types
        problems = find_problems(app)
        if problems:
            refuse(app, problems)
        original(app)
        forget_services(app)
        try:
            app.authenticator  # noqa: B018 - its constructor checks its settings
        except AdmissionRefused as refused:
            refuse(app, refused.problems)

    init_db.guarded = True  # type: ignore[attr-defined]
    JupyterHub.init_db = init_db


def find_problems(app: Any) -> list[str]:  # noqa: ANN401 - JupyterHub has no types
    """Return the settings that would admit further users. The authenticator checks its defaults and itself later."""
    try:
        statement = read_statement()
    except (OSError, ValueError) as error:
        return [f"the statement of the admitted users cannot be read: {error}"]
    return [*admission.check_statement(statement), *_app_problems(app, statement)]


def refuse(app: Any, problems: list[str], termination_message: Path = TERMINATION_MESSAGE) -> None:  # noqa: ANN401
    """Report the problems in the hub's log and as the reason for the container's end, and end the process."""
    text = f"the hub does not start, because its settings admit other users than configured: {'; '.join(problems)}."
    app.log.critical("%s %s.", text, FIX)
    try:
        if termination_message.exists():
            termination_message.write_text(f"{text} {FIX}", encoding="utf-8")
    except OSError:
        pass  # the log has the message
    sys.exit(1)


def _app_problems(app: Any, statement: Statement) -> Iterator[str]:  # noqa: ANN401 - JupyterHub has no types
    if app.authenticator_class is not FreeIpaAuthenticator:
        name = f"{app.authenticator_class.__module__}.{app.authenticator_class.__name__}"
        yield f"JupyterHub.authenticator_class is {name} instead of this program's FreeIpaAuthenticator"
    name = f"{app.spawner_class.__module__}.{app.spawner_class.__name__}"
    if not issubclass(app.spawner_class, KubeSpawner) and name != statement.settings[HUB].get("spawner_class"):
        yield f"JupyterHub.spawner_class is {name} instead of kubespawner.KubeSpawner"
    yield from admission.check_hub(live_settings(app, NEUTRAL[HUB]), statement)
    yield from admission.check_spawner(_configured(app, app.spawner_class), statement)
    for kind, owner in ((AUTHENTICATOR, FreeIpaAuthenticator), (PROXY, app.proxy_class)):
        yield from admission.check_configured(kind, _configured(app, owner), statement)


def _configured(app: Any, kind: type[HasTraits]) -> Settings:  # noqa: ANN401 - JupyterHub has no types
    """Return the configured settings of objects that do not exist yet."""
    traits = kind.class_traits(config=True)
    found = {}
    for each in reversed(kind.mro()):  # the most specific class last: it wins
        for name, value in app.config.get(each.__name__, {}).items():
            if name in traits:
                # Values from the command line are converted when they are used.
                given = value.get_value(traits[name]) if isinstance(value, DeferredConfig) else value
                found[name] = (given, traits[name].default_value)
    return found
