"""The start page of a real hub that still looks, after its restart, whether users' servers run."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.engine.hub.conftest import ValuesFor
from tests.support.hub_process import running_hub
from tests.support.hub_users import PASSWORD, People
from tests.support.notebooks import SERVERS, add_member, log_in, with_admin
from tests.support.waiting import LIMIT_SECONDS, wait_until

pytestmark = pytest.mark.engine

SLOW_CHECK = """
import asyncio, os
from jupyterhub.spawner import SimpleLocalProcessSpawner

original = SimpleLocalProcessSpawner.poll

async def poll(self):
    while os.path.exists("checking"):
        await asyncio.sleep(0.1)
    return await original(self)

SimpleLocalProcessSpawner.poll = poll
c.JupyterHub.init_spawners_timeout = 1
c.JupyterHub.cleanup_servers = False
"""
"""Code of a hub that checks servers while the file ``checking`` exists, and serves pages after a second."""


@pytest.mark.parametrize("still_runs", [True, False])
def test_page_leads_to_the_server_after_the_check(
    hub_python: Path, values_for: ValuesFor, people: People, tmp_path: Path, still_runs: bool
) -> None:
    values = with_admin(values_for())
    values["jupyterhub"]["hub"]["extraConfig"]["tests"] = SLOW_CHECK
    name = add_member(people)
    with running_hub(hub_python, tmp_path, values, SERVERS) as hub:
        user = log_in(hub, name, PASSWORD)
        user.start_server()
        processes = user.processes()
    if not still_runs:
        for process in processes:
            os.kill(process, signal.SIGKILL)
    (tmp_path / "checking").touch()
    with running_hub(hub_python, tmp_path, values, SERVERS) as hub:
        user.hub = hub
        visitor = hub.log_in(name, PASSWORD)
        page = visitor.get(f"/hub/spawn/{name}?next=%2Fuser%2F{name}%2Flab%2Ftree%2Fa.ipynb")
        assert page.url.partition("?")[0] == f"{hub.url}/hub/spawn-pending/{name}"
        assert 'id="progress-bar"' in page.text
        url = page.text.partition('new EventSource("')[2].partition('"')[0].replace("\\u0026", "&")
        events = visitor.session.get(hub.url + url, stream=True, timeout=LIMIT_SECONDS)
        assert events.status_code == 200
        lines = events.iter_lines()
        first = next(line for line in lines if line.startswith(b"data:"))
        assert json.loads(first[5:])["message"] == "The hub was restarted and looks for running servers"
        (tmp_path / "checking").unlink()
        last = next(line for line in lines if line.startswith(b"data:"))
        assert json.loads(last[5:])["ready"] is True
        # The browser now loads the page again.
        again = visitor.session.get(page.url, timeout=LIMIT_SECONDS, allow_redirects=False)
        assert again.status_code == 302, again.text + hub.log()
        if still_runs:
            assert again.headers["Location"] == f"/user/{name}/lab/tree/a.ipynb"
        else:
            assert again.headers["Location"] == f"/hub/spawn/{name}?next=%2Fuser%2F{name}%2Flab%2Ftree%2Fa.ipynb"
            visitor.get(again.headers["Location"])
            wait_until(lambda: user.servers().get("", {}).get("ready"), hub.log)
