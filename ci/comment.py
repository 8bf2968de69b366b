"""One comment a tenancy on a pull request, written anew in place.

GitHub's REST API, 2022-11-28: https://docs.github.com/rest/issues/comments
"""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

API = "https://api.github.com"
TIMEOUT_SECONDS = 30.0
PER_PAGE = 100
MAX_PAGES = 50
AUTHOR = "github-actions[bot]"
"""Who a workflow's own token writes as: a comment by anybody else is never overwritten."""

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


class CommentFailed(Exception):
    """GitHub could not be told; the text says what was asked of which server and what it answered."""


class PullRequest(NamedTuple):
    """Where to comment."""

    repository: str
    """``owner/name``."""

    number: int
    api: str = API
    """GitHub's, or an Enterprise server's (``GITHUB_API_URL``)."""


def write_comment(where: PullRequest, marker: str, text: str, token: str, *, author: str = AUTHOR) -> str:
    """Write ``text`` into the comment that begins with ``marker``, or into a new one; return its address.

    Args:
        where: the pull request.
        marker: the first line of ``text``, which no other comment begins with.
        text: the whole comment.
        token: allowed to write on pull requests; it goes into a header only.
        author: whose comments count.

    Raises:
        CommentFailed: GitHub refused, or did not answer in ``TIMEOUT_SECONDS``.
    """
    if not _REPOSITORY.fullmatch(where.repository):
        raise CommentFailed(f"{where.repository!r} is no repository; write owner/name")
    comments = f"{where.api.rstrip('/')}/repos/{where.repository}/issues"
    for page in range(1, MAX_PAGES + 1):
        found = _ask("GET", f"{comments}/{where.number}/comments?per_page={PER_PAGE}&page={page}", token)
        earlier = comment_to_renew(found, marker, author)
        if earlier is not None:
            return str(_ask("PATCH", f"{comments}/comments/{earlier}", token, {"body": text})["html_url"])
        if len(found) < PER_PAGE:
            break
    return str(_ask("POST", f"{comments}/{where.number}/comments", token, {"body": text})["html_url"])


def comment_to_renew(comments: Iterable[Mapping[str, Any]], marker: str, author: str) -> int | None:
    """The id of the comment by ``author`` that begins with ``marker``; None where there is none."""
    for comment in comments:
        if (comment.get("user") or {}).get("login") == author and str(comment.get("body") or "").startswith(marker):
            return int(comment["id"])
    return None


def _ask(method: str, url: str, token: str, content: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise CommentFailed(f"{url} is not https; a token is sent nowhere else")
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
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
    tried = f"{method} {url}"
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        raise CommentFailed(f"{tried}: {refused.code} {_message(refused)}") from None
    except (OSError, ValueError) as failure:
        raise CommentFailed(f"{tried}: {getattr(failure, 'reason', failure)}") from None


def _message(refused: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(refused.read())["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return str(refused.reason)
