"""One comment for each tenancy, found and replaced over real HTTP; comments of others are left alone."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ci.__main__ import main
from ci.comment import AUTHOR, CommentFailed, PullRequest, find_comment, write_comment

TOKEN = "ghs_only-for-this-test"
MARKER = "<!-- pangeo-preview: vis -->"


class Forge(ThreadingHTTPServer):
    """The three requests of GitHub's API for comments, with its paging."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Calls)
        self.comments: list[dict[str, Any]] = []
        self.calls: list[str] = []

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, body: str, author: str = AUTHOR) -> dict[str, Any]:
        number = len(self.comments) + 1
        comment = {"id": number, "body": body, "user": {"login": author}, "html_url": f"{self.api}/c/{number}"}
        self.comments.append(comment)
        return comment


class _Calls(BaseHTTPRequestHandler):
    server: Forge

    def do_GET(self) -> None:
        page = int(self.path.partition("&page=")[2])
        self._answer(200, self.server.comments[(page - 1) * 100 : page * 100])

    def do_POST(self) -> None:
        self._answer(201, self.server.add(self._body()))

    def do_PATCH(self) -> None:
        comment = self.server.comments[int(self.path.rpartition("/")[2]) - 1]
        comment["body"] = self._body()
        self._answer(200, comment)

    def _body(self) -> str:
        return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

    def _answer(self, status: int, content: object) -> None:
        self.server.calls.append(f"{self.command} {self.path}")
        allowed = self.headers["Authorization"] == f"Bearer {TOKEN}"
        text = json.dumps(content if allowed else {"message": "Bad credentials"}).encode()
        self.send_response(status if allowed else 401)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def forge() -> Iterator[Forge]:
    with Forge() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def write(forge: Forge, text: str, token: str = TOKEN) -> str:
    return write_comment(PullRequest("org/repo", 7, forge.api), MARKER, text, token)


def test_second_preview_replaces_the_comment_of_the_first(forge: Forge) -> None:
    first = write(forge, f"{MARKER}\nfirst")
    second = write(forge, f"{MARKER}\nsecond")

    assert first == second
    assert [comment["body"] for comment in forge.comments] == [f"{MARKER}\nsecond"]
    assert forge.calls == [
        "GET /repos/org/repo/issues/7/comments?per_page=100&page=1",
        "POST /repos/org/repo/issues/7/comments",
        "GET /repos/org/repo/issues/7/comments?per_page=100&page=1",
        "PATCH /repos/org/repo/issues/comments/1",
    ]


def test_comments_of_other_tenancies_and_authors_are_kept(forge: Forge) -> None:
    forge.add("<!-- pangeo-preview: vis2 -->\nother")
    forge.add(f"{MARKER}\nquoted by a person", author="a-person")
    write(forge, f"{MARKER}\nnew")

    assert [comment["body"].partition("\n")[2] for comment in forge.comments] == ["other", "quoted by a person", "new"]


def test_comment_is_found_on_a_later_page(forge: Forge) -> None:
    for number in range(150):
        forge.add(f"talk {number}")
    forge.add(f"{MARKER}\nold")
    write(forge, f"{MARKER}\nnew")

    assert len(forge.comments) == 151
    assert forge.comments[-1]["body"] == f"{MARKER}\nnew"


def test_refusal_names_the_request_and_not_the_token(forge: Forge) -> None:
    with pytest.raises(CommentFailed, match=r"GET http.*/issues/7/comments.*: 401 Bad credentials") as refused:
        write(forge, "text", token="ghs_wrong")
    assert "ghs_" not in str(refused.value)


def test_unreachable_server_is_named() -> None:
    with pytest.raises(CommentFailed, match=r"GET http://127\.0\.0\.1:1/.*refused"):
        write_comment(PullRequest("org/repo", 7, "http://127.0.0.1:1"), MARKER, "text", TOKEN)


@pytest.mark.parametrize("api", ["http://api.example.org", "file:///etc"])
def test_token_is_sent_over_https_only(api: str) -> None:
    with pytest.raises(CommentFailed, match="not https"):
        write_comment(PullRequest("org/repo", 7, api), MARKER, "text", TOKEN)


def test_repository_is_an_owner_and_a_name() -> None:
    with pytest.raises(CommentFailed, match="owner/name"):
        write_comment(PullRequest("org/repo/../../user", 7), MARKER, "text", TOKEN)


def test_comment_without_author_or_text_is_not_replaced() -> None:
    assert find_comment([{"id": 1, "user": None, "body": None}], MARKER, AUTHOR) is None


def test_command_reads_the_token_from_the_environment(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "preview.md"
    file.write_text(f"{MARKER}\ntext")
    words = ["comment", str(file), "--repository", "org/repo", "--pull-request", "7"]
    monkeypatch.setenv("GITHUB_API_URL", forge.api)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    assert main(words) == 2
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    assert main(words) == 0

    assert capsys.readouterr().out == f"{forge.api}/c/1\n"
    assert forge.comments[0]["body"] == f"{MARKER}\ntext"
