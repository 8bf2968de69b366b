"""Further servers of a real hub whose operator permits no more of them."""

from pathlib import Path

import pytest

from tests.engine.hub.conftest import ValuesFor
from tests.support.hub_process import running_hub
from tests.support.hub_users import PASSWORD, People
from tests.support.notebooks import SERVERS, add_member, log_in, with_admin
from tests.support.waiting import wait_until

pytestmark = pytest.mark.engine


def test_further_servers_end_when_they_are_permitted_no_more(
    hub_python: Path, values_for: ValuesFor, people: People, tmp_path: Path
) -> None:
    member = add_member(people)
    path = f"/hub/api/users/{member}/servers/gpu"
    # As in z2jh: a hub that ends lets servers run. Those of the test end with the second hub.
    values, kept = with_admin(values_for(notebook={"furtherServers": 1})), ["--JupyterHub.cleanup_servers=False"]
    with running_hub(hub_python, tmp_path, values, SERVERS, kept) as hub:
        before = log_in(hub, member, PASSWORD)
        before.start_server()
        assert before.request(before.token, "POST", path).status_code in (201, 202)
        wait_until(lambda: before.servers().get("gpu", {}).get("ready"), hub.log)
        file = tmp_path / "homes" / member / "work.txt"
        file.write_text("kept")

    with running_hub(hub_python, tmp_path, with_admin(values_for()), SERVERS) as hub:
        user = log_in(hub, member, PASSWORD)
        known = f"/hub/api/users/{member}?include_stopped_servers"
        wait_until(lambda: set(user.request(user.admin_token, "GET", known).json()["servers"]) == {""}, hub.log)

        assert user.servers()[""]["ready"], "the usual server goes on"
        assert len(user.processes()) == 1
        assert file.read_text() == "kept"
        assert user.request(user.token, "POST", path).status_code == 400
        assert user.browser.post(f"/hub/spawn/{member}/gpu").status_code == 400
        assert len(user.processes()) == 1
