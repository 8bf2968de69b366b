"""Links that copy a Git repository into a home, as the user guide describes them: by nbgitpuller in the image."""

import time
from collections.abc import Iterator
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

import pytest

from local.paths import State
from tests.support.dask import log_in_user
from tests.support.kernel import Kernel
from tests.support.person import SERVER_TIMEOUT_SECONDS, Person, local_person

pytestmark = pytest.mark.cluster

SERVE = """\
import functools, http.server, pathlib, shutil, subprocess, threading
folder = pathlib.Path("/tmp/course")
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir()
(folder / "lesson.txt").write_text("{word}")
git = ["git", "-C", str(folder), "-c", "user.name=Teacher", "-c", "user.email=teacher@example.org"]
for command in (["init", "--quiet", "--initial-branch=main"], ["add", "."], ["commit", "--quiet", "-m", "1"]):
    subprocess.run([*git, *command], check=True)
subprocess.run([*git, "update-server-info"], check=True)
class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=str(folder)))
threading.Thread(target=server.serve_forever, daemon=True).start()
port = server.server_port"""
"""Serves a repository in the user's own pod, by the protocol of servers that know nothing of Git."""

FORGET = "import shutil; [shutil.rmtree(each, ignore_errors=True) for each in ('/tmp/course', 'course')]"


@pytest.fixture
def alice() -> Iterator[Person]:
    """A member whose server does not run."""
    person = log_in_user(State(), "alice")
    person.stop_server()
    yield person
    with Kernel(person) as kernel:
        kernel.run(FORGET)


def query(port: int) -> str:
    repository = f"http://127.0.0.1:{port}/.git"
    # Files without a Git server cannot be fetched in part.
    return urlencode({"repo": repository, "branch": "main", "targetpath": "course", "depth": 0, "urlpath": "lab"})


def test_link_survives_the_log_in_and_the_start_and_copies_the_repository(alice: Person) -> None:
    visitor = local_person(State(), "alice")
    page, _ = visitor.submit_log_in(quote(f"/hub/user-redirect/git-pull?{query(1)}"))
    deadline = time.monotonic() + SERVER_TIMEOUT_SECONDS
    while urlsplit(page.url).path != "/user/alice/git-pull":
        assert time.monotonic() < deadline, f"{page.status_code} at {page.url}"
        time.sleep(0.5)
        page = visitor.session.get(page.url, timeout=SERVER_TIMEOUT_SECONDS)
    assert page.ok
    assert "http://127.0.0.1:1/.git" in page.text

    word = uuid4().hex
    with Kernel(alice) as kernel:
        kernel.run(SERVE.replace("{word}", word))
        pulled = alice.call("GET", f"/user/alice/git-pull/api?{query(int(kernel.value('port')))}")

    assert '"phase": "finished"' in pulled.text
    assert alice.read("course/lesson.txt") == word
