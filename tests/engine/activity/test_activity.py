"""The activity that a real notebook server reports to the hub, with limits of seconds."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import websocket

from tests.engine.activity.conftest import StartServer
from tests.support.jupyter_client import JupyterClient, parse_time, type_line
from tests.support.user_server import TOKEN, USER, UserServer
from tests.support.waiting import wait_until

pytestmark = pytest.mark.engine

LONG_SECONDS = 12.0
"""More than several checks and reports of the servers below."""

KERNEL_IDLE_SECONDS = 15

WAIT = "import os, time\nwhile not os.path.exists('end'): time.sleep(0.1)"


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Iterator[UserServer]:
    with start_server(idle_seconds=10, kernel_idle_seconds=0) as running:
        yield running


@pytest.fixture
def client(server: UserServer) -> Iterator[JupyterClient]:
    """A person's client; the kernels and terminals that the person has started end with the test."""
    client = JupyterClient(server.url, TOKEN)
    yield client
    for kernel in client.kernels():
        client.request("DELETE", f"api/kernels/{kernel}")
    for each in client.request("GET", "api/terminals").json():
        client.request("DELETE", f"api/terminals/{each['name']}")


def reported(server: UserServer) -> datetime:
    """Return the last activity that the server has reported to the hub."""
    bodies = server.hub.bodies(f"/hub/api/users/{USER}/activity")
    return max(parse_time(each["last_activity"]) for each in bodies)


def wait_until_active_for_long(server: UserServer) -> None:
    """Wait until the server reports activity of long after now; nobody uses it meanwhile."""
    began = datetime.now(UTC)
    wait_until(lambda: (reported(server) - began).total_seconds() > LONG_SECONDS, server.log)


def wait_until_idle_for_long(client: JupyterClient, server: UserServer) -> None:
    """Wait until the last activity is long ago. The page is open and polls, as JupyterLab's does."""

    def is_idle() -> bool:
        client.poll()
        return client.idle_seconds() > LONG_SECONDS

    wait_until(is_idle, server.log)
    wait_until(lambda: (datetime.now(UTC) - reported(server)).total_seconds() > LONG_SECONDS, server.log)


@contextmanager
def received(connection: websocket.WebSocket) -> Iterator[None]:
    """Receive everything, as an open page does."""

    def receive() -> None:
        try:
            while connection.recv():
                pass
        except (OSError, websocket.WebSocketException):
            pass

    thread = threading.Thread(target=receive, daemon=True)
    thread.start()
    yield
    connection.close()
    thread.join()


def test_a_silent_cell_is_activity_without_a_browser(client: JupyterClient, server: UserServer) -> None:
    kernel = client.new_kernel()
    client.run(kernel, WAIT)
    wait_until_active_for_long(server)
    (server.log_file.parent / "home" / "end").touch()
    client.wait_until_idle(kernel)
    wait_until_idle_for_long(client, server)


def test_a_cell_whose_kernel_has_died_is_no_activity(client: JupyterClient, server: UserServer) -> None:
    """As one without memory. The server starts the kernel again."""
    kernel = client.new_kernel()
    client.run(kernel, WAIT.replace("end", "die") + "\nos.kill(os.getpid(), 9)")
    assert client.idle_seconds() < LONG_SECONDS
    (server.log_file.parent / "home" / "die").touch()
    wait_until(lambda: client.kernels()[kernel] != "busy", server.log)
    wait_until_idle_for_long(client, server)


def test_an_open_notebook_is_no_activity(client: JupyterClient, server: UserServer) -> None:
    kernel = client.new_kernel()
    client.run(kernel, "1")
    with closing(client.open_kernel(kernel)) as connection, received(connection):
        wait_until_idle_for_long(client, server)


def test_a_program_in_a_closed_terminal_is_activity(client: JupyterClient, server: UserServer) -> None:
    with closing(client.open_terminal(client.new_terminal())) as terminal:
        type_line(terminal, "sleep 1000")
        wait_until(lambda: is_running(server, "sleep"), server.log)
    wait_until_active_for_long(server)


def is_running(server: UserServer, name: str) -> bool:
    """Return whether a program with this name runs below the server."""
    mark = f"HOME={server.log_file.parent / 'home'}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().strip() == name and mark in (folder / "environ").read_bytes():
                return True
        except OSError:  # it has ended
            continue
    return False


def test_an_open_terminal_that_shows_top_is_no_activity(client: JupyterClient, server: UserServer) -> None:
    with closing(client.open_terminal(client.new_terminal())) as terminal:
        type_line(terminal, "top -d 1")
        wait_until(lambda: is_running(server, "top"), server.log)
        with received(terminal):
            wait_until_idle_for_long(client, server)


def test_typing_in_a_terminal_is_activity(client: JupyterClient, server: UserServer) -> None:
    with closing(client.open_terminal(client.new_terminal())) as terminal:
        wait_until_idle_for_long(client, server)
        before = client.last_activity()
        type_line(terminal, "true")
        wait_until(lambda: client.last_activity() > before, server.log)


def test_a_program_in_the_background_is_activity_while_it_computes(client: JupyterClient, server: UserServer) -> None:
    with closing(client.open_terminal(client.new_terminal())) as terminal:
        type_line(terminal, "nohup sh -c 'while [ ! -e stop ]; do :; done' & exit")
    wait_until_active_for_long(server)
    (server.log_file.parent / "home" / "stop").touch()
    wait_until_idle_for_long(client, server)


def test_idle_kernels_end_with_an_open_page_unless_a_dask_task_runs(start_server: StartServer) -> None:
    with start_server(idle_seconds=100, kernel_idle_seconds=KERNEL_IDLE_SECONDS) as server:
        client = JupyterClient(server.url, TOKEN)
        computing = client.new_kernel()
        client.run(
            computing,
            "from distributed import Client\n"
            "client = Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=':0')\n"
            f"future = client.submit(exec, {WAIT!r})",
        )
        client.wait_until_idle(computing)
        idle = client.new_kernel()
        with closing(client.open_kernel(idle)) as connection, received(connection):
            wait_until(lambda: idle not in client.kernels(), server.log)
        wait_until(lambda: client.idle_seconds() < KERNEL_IDLE_SECONDS, server.log)
        assert client.kernels() == {computing: "idle"}, server.log()
        (server.log_file.parent / "home" / "end").touch()
        wait_until(lambda: not client.kernels(), server.log)
