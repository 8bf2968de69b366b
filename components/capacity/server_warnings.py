"""Warnings about users' further servers: each takes the room of a notebook, on the node of the usual one."""

from collections.abc import Iterator

from components.config.tenancy import Tenancy
from components.config.types import format_count


def server_warnings(tenancy: Tenancy, notebooks: int, per_node: int | None) -> Iterator[str]:
    """Yield whether the servers of one user do not fit on a node, and those of the expected users on all nodes.

    Args:
        tenancy: the tenancy.
        notebooks: number of notebooks of the usual size that fit on all nodes.
        per_node: number of them that fit on an empty node; None if the nodes differ.
    """
    further, users = tenancy.notebook.further_servers, tenancy.nodes.expected_users if tenancy.nodes else None
    if not further:
        return
    most = 1 + further
    if per_node is not None and per_node < most:
        yield (
            f"a user may have {most} servers at once, which run on one node, but only "
            f"{format_count(per_node, 'notebook')} of the usual size fit there, so that the others wait; reduce "
            "notebook.furtherServers, or use larger nodes"
        )
    if users and notebooks < users * most:
        yield (
            f"{format_count(users, 'expected user')} may have {users * most} servers, {most} each, but only "
            f"{format_count(notebooks, 'notebook')} fit; reduce notebook.furtherServers, or add nodes"
        )
