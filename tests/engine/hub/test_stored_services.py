"""Services and tokens in a real hub's database that its configuration does not have, or not any more."""

import json
from pathlib import Path

import pytest

from components.chart.values import Values
from tests.engine.hub.conftest import ValuesFor
from tests.support.directory import ThrowAwayDirectory
from tests.support.ended_access import end_access
from tests.support.hub_process import running_hub
from tests.support.hub_users import People
from tests.support.notebooks import SERVERS
from tests.support.rendered_values import SECRETS

pytestmark = pytest.mark.engine

BACK_DOOR = "b" * 64
WITH_JUPYTERHUBS_OWN_PAGE = """
import components.in_hub.replaced_pages as pages
pages.HANDLERS[:] = [each for each in pages.HANDLERS if "services" not in each[0]]
"""


@pytest.fixture
def values(values_for: ValuesFor) -> Values:
    return values_for()


def test_replaced_token_of_a_service_is_refused(
    hub_python: Path, values: Values, people: People, tmp_path: Path
) -> None:
    with running_hub(hub_python, tmp_path, values, SERVERS) as hub:
        assert end_access(hub, SECRETS.members_token, users=[]).ok
    values["jupyterhub"]["hub"]["services"]["pangeo-members"]["apiToken"] = "c" * 64

    with running_hub(hub_python, tmp_path, values, SERVERS) as hub:
        assert end_access(hub, "c" * 64, users=[]).ok
        assert end_access(hub, SECRETS.members_token, users=[]).status_code == 403


def test_service_of_an_earlier_admin_does_not_survive_a_restart(
    hub_python: Path, values: Values, people: People, directory: ThrowAwayDirectory, tmp_path: Path
) -> None:
    earlier = json.loads(json.dumps(values))
    earlier["jupyterhub"]["hub"]["extraConfig"]["tests"] = WITH_JUPYTERHUBS_OWN_PAGE
    with running_hub(hub_python, tmp_path, earlier, SERVERS) as hub:
        admin = hub.log_in("admin", directory.password("admin"))
        made = admin.post_json("/hub/api/services/back-door", {"admin": True, "api_token": BACK_DOOR})
        assert made.status_code == 201, made.text
        assert hub.accepts(BACK_DOOR)

    with running_hub(hub_python, tmp_path, values, SERVERS) as hub:
        assert not hub.accepts(BACK_DOOR)
        assert "the service back-door was deleted" in hub.log_file.read_text()
