"""The hub's idle culler stops a real notebook server behind the real proxy, unless work runs in it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
import requests

from components.chart.server_code import EXTENSION, server_settings
from tests.engine.hub.conftest import StartHub, ValuesFor
from tests.support.hub_process import Hub
from tests.support.hub_users import PASSWORD, People
from tests.support.jupyter_client import JupyterClient
from tests.support.notebooks import ADMIN_TOKEN, User, add_member, log_in, with_admin
from tests.support.proxy_process import Proxy, running_proxy
from tests.support.tenancies import tenancy
from tests.support.user_server import server_environment, write_server_files
from tests.support.waiting import wait_until

pytestmark = pytest.mark.engine

IDLE_SECONDS = 20
LONG_SECONDS = 3 * IDLE_SECONDS

SERVER_PROGRAM = """
import os
os.environ["PATH"] = {path!r} + os.pathsep + os.environ["PATH"]
command = {command!r}
os.execvp(command[0], [*command, "--allow-root"])
"""


@pytest.fixture(scope="module")
def server_program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program that runs a user's server as its container does."""
    folder = tmp_path_factory.mktemp("code")
    command = write_server_files(folder, tenancy())
    settings = json.loads(server_settings(tenancy()).to_json())
    limits = {"idle_seconds": IDLE_SECONDS, "kernel_idle_seconds": 0}
    (folder / EXTENSION / "settings.json").write_text(json.dumps(settings | limits))
    program = folder / "program.py"
    program.write_text(SERVER_PROGRAM.format(path=str(server_environment() / "bin"), command=command))
    return str(program)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running_proxy(tmp_path_factory.mktemp("proxy")) as running:
        yield running


@pytest.fixture(scope="module")
def hub(start_hub: StartHub, values_for: ValuesFor, proxy: Proxy, server_program: str) -> Iterator[Hub]:
    values = with_admin(values_for())
    hub_values = values["jupyterhub"]["hub"]
    hub_values["config"]["JupyterHub"]["last_activity_interval"] = 1  # the hub reads the proxy's routes often
    # Clients without TLS would not return cookies with the attribute Secure.
    hub_values["extraConfig"]["tests"] = "c.JupyterHub.tornado_settings = {}\n"
    with start_hub(values, {**proxy.hub_environment, "HUB_SERVER_PROGRAM": server_program}) as running:
        yield running


@contextmanager
def culler(hub: Hub, python: Path) -> Iterator[None]:
    """Run the culler inside the block, as the chart does except for the times."""
    process = subprocess.Popen(
        [
            *(python, "-m", "jupyterhub_idle_culler", f"--url={hub.url}/hub/api"),
            *(f"--timeout={IDLE_SECONDS}", "--cull-every=1", "--cull-users=false"),
        ],
        env={"PATH": os.defpath, "JUPYTERHUB_API_TOKEN": ADMIN_TOKEN},
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def user(hub: Hub, people: People) -> Iterator[User]:
    """A new member with a running server."""
    user = log_in(hub, add_member(people), PASSWORD)
    user.start_server()
    yield user
    user.stop_server_as_admin()


def client_of(user: User, proxy: Proxy) -> JupyterClient:
    return JupyterClient(f"http://127.0.0.1:{proxy.port}/user/{user.name}/", user.token)


def test_a_server_is_stopped_when_its_silent_cell_has_ended_though_its_page_is_open(
    hub: Hub, hub_python: Path, proxy: Proxy, user: User
) -> None:
    client = client_of(user, proxy)
    kernel = client.new_kernel()
    client.run(kernel, "import os, time\nwhile not os.path.exists('end'): time.sleep(0.1)")
    with culler(hub, hub_python):
        began = time.monotonic()
        while time.monotonic() - began < LONG_SECONDS:
            assert user.has_server(), hub.log()
            time.sleep(1)
        assert client.kernels() == {kernel: "busy"}
        with closing(client.open_kernel(kernel)):
            (hub.log_file.parent / "homes" / user.name / "end").touch()

            def is_stopped() -> bool:
                with suppress(requests.RequestException):  # it is being stopped
                    client.poll()
                return not user.has_server()

            wait_until(is_stopped, hub.log)
