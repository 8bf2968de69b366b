"""One comment for each tenancy on a pull request, which every preview replaces.

GitHub's REST API, 2022-11-28: https://docs.github.com/rest/issues/comments
"""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from components.tls import verifying_context

API = "https://api.github.com"
"""Address of GitHub's API; an Enterprise server has another."""

TIMEOUT_SECONDS = 30.0
"""Limit for one request."""

PER_PAGE = 100
"""Comments per page; GitHub's maximum."""

MAX_PAGES = 50
"""Pages of comments that are searched for an earlier comment."""

AUTHOR = "github-actions[bot]"
"""Author of the comments that a workflow's token writes. Comments of other authors are never overwritten."""

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


class CommentFailed(Exception):
    """A request to GitHub failed; the text names the request and the answer."""


class PullRequest(NamedTuple):
    """A pull request: its repository as ``owner/name``, its number, and the address of the API."""

    repository: str
    number: int
    api: str = API


def write_comment(pull_request: PullRequest, marker: str, text: str, token: str, *, author: str = AUTHOR) -> str:
    """Replace the comment that begins with ``marker``, or write a new one if there is none.

    Args:
        pull_request: the pull request.
        marker: the first line of ``text``, with which no other comment begins.
        text: the whole comment.
        token: a token that may write on pull requests; it is sent in a header only.
        author: the author of the comment to replace.

    Returns:
        The comment's address.

    Raises:
        CommentFailed: GitHub refused, or did not answer within ``TIMEOUT_SECONDS``.
    """
    if not _REPOSITORY.fullmatch(pull_request.repository):
        raise CommentFailed(f"{pull_request.repository!r} is not a repository; write owner/name")
    issues = f"{pull_request.api.rstrip('/')}/repos/{pull_request.repository}/issues"
    comments = f"{issues}/{pull_request.number}/comments"
    for page in range(1, MAX_PAGES + 1):
        found = _request("GET", f"{comments}?per_page={PER_PAGE}&page={page}", token)
        earlier = find_comment(found, marker, author)
        if earlier is not None:
            return str(_request("PATCH", f"{issues}/comments/{earlier}", token, {"body": text})["html_url"])
        if len(found) < PER_PAGE:
            break
    return str(_request("POST", comments, token, {"body": text})["html_url"])


def find_comment(comments: Iterable[Mapping[str, Any]], marker: str, author: str) -> int | None:
    """Return the id of the comment by ``author`` that begins with ``marker``, or None."""
    for comment in comments:
        if (comment.get("user") or {}).get("login") == author and str(comment.get("body") or "").startswith(marker):
            return int(comment["id"])
    return None


def _request(method: str, url: str, token: str, content: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise CommentFailed(f"{url} is not https; the token is sent over https only")
    http_request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        url,
        method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    request = f"{method} {url}"
    try:
        with urllib.request.urlopen(  # noqa: S310 - as above
            http_request, timeout=TIMEOUT_SECONDS, context=verifying_context(None)
        ) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        raise CommentFailed(f"{request}: {refused.code} {_message(refused)}") from None
    except (OSError, ValueError) as failure:
        raise CommentFailed(f"{request}: {getattr(failure, 'reason', failure)}") from None


def _message(refused: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(refused.read())["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return str(refused.reason)
