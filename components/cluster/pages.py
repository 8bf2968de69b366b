"""Reading long lists of objects in pages."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from components.cluster.client import Api

NODES = "/api/v1/nodes?limit=200"
"""Path of the first page of nodes."""

MAX_PAGES = 10
"""Number of pages that are read of one list."""


def read_pages(api: "Api", path: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list, whose path has the number of objects of a page.

    Raises:
        CannotAsk: the cluster gives no answer, or the account may not read the list.
    """
    following = ""
    for _ in range(MAX_PAGES):
        page = api.get(path + following)
        yield from page.get("items") or ()
        token = (page.get("metadata") or {}).get("continue")
        if not token:
            return
        following = f"&continue={token}"
