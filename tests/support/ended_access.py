"""The call by which ``members remove`` ends users' access at a hub under test."""

import json

import requests

from components.in_hub.api_names import END_ACCESS_PATH
from tests.support.hub_process import Hub

ANSWER_SECONDS = 60


def end_access(hub: Hub, token: str, **body: object) -> requests.Response:
    """Send the request for the users and options in ``body``."""
    return requests.post(
        f"{hub.url}/hub{END_ACCESS_PATH}",
        data=json.dumps(body),
        headers={"Authorization": f"token {token}"},
        timeout=ANSWER_SECONDS,
    )
