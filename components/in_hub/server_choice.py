"""The start of a server as its user chose: on the page, by a link to it, through the API, or the last time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tornado.web import HTTPError  # type: ignore[import-not-found,unused-ignore]

from components.in_hub import messages
from components.in_hub.choices import MAX_SHOWN, PROFILE, WRITTEN, find_problems
from components.in_hub.profiles import offered_profiles

FIELD = "profile-option-"
"""Beginning of the names of fields, before a profile's slug, ``--`` and the option's key."""

XSRF = "_xsrf"
"""Field of JupyterHub's protection against forms of other sites."""

FORM = Path(__file__).with_name("options_form.html")
"""Template of the profiles on the page.

KubeSpawner's own has no labels that screen readers connect with its fields, and does not show an image that the user
wrote before.
"""


def read_form(form: Mapping[str, Sequence[Any]], spawner: Any = None) -> dict[str, str]:  # noqa: ANN401
    """Return the choice in a form's fields: ``KubeSpawner.options_from_form``.

    JupyterHub passes the spawner with a form, but not with the query of a link to the page (``options_from_query``).
    Such a link starts a server without a further click, so it must not name an image that nobody has listed.

    Raises:
        HTTPError: 400 if the choice is not offered to the user, who gets the page again with the message.
    """
    slug = str(form.get(PROFILE, [""])[0])
    prefix = f"{FIELD}{slug}--"
    choice = {key.removeprefix(prefix): str(values[0]) for key, values in form.items() if key.startswith(prefix)}
    if slug:
        choice = {PROFILE: slug, **choice}
    elif any(key.startswith(FIELD) for key in form):
        _refuse(["no profile is chosen"])
    if spawner is None:
        if any(key.endswith(WRITTEN) and value for key, value in choice.items()):
            _refuse(["a link must not choose an image that is not listed; choose it on this page"])
        return choice
    unknown = [key for key in form if key not in (PROFILE, XSRF) and not key.startswith(FIELD)]
    spawner.user_options = choice  # shown on the page if it is refused
    _refuse([*(f"{key[:MAX_SHOWN]!r} is not a choice" for key in unknown), *_find_problems(spawner)])
    return choice


def check_choice(spawner: Any) -> None:  # noqa: ANN401 - KubeSpawner has no types
    """Check, when a server starts, that it will be as the user chose, on the page, through the API or the last time.

    Raises:
        HTTPError: 400 if the choice is not offered to the user.
    """
    body = getattr(getattr(spawner.handler, "request", None), "body", b"")
    if not spawner.profile_list and not body:
        spawner.user_options = {}  # the last choice, of a profile before the operator removed them all
    _refuse(_find_problems(spawner))


def _find_problems(spawner: Any) -> list[str]:  # noqa: ANN401 - KubeSpawner has no types
    profiles = getattr(spawner.profile_list, "profiles", spawner.profile_list)
    return find_problems(spawner.user_options, offered_profiles(spawner, profiles))


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        refusal = HTTPError(400, messages.choice_not_offered(problems))
        refusal.jupyterhub_message = messages.choice_not_offered(problems)
        raise refusal
