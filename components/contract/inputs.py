"""What a stack keeps of its tenancy, and which changes of it are refused. Pure.

Properties may be unknown in a preview, and an older program may have kept fewer: what is missing is not compared.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from components.cluster.identity import ClusterId, another_cluster
from components.contract.immutable import ImmutableSettings, changes_refused

Props = dict[str, Any]
"""``settings``: an :class:`ImmutableSettings`; ``cluster``: a :class:`ClusterId`, absent if unknown."""

STILL_FREE = (
    "as long as nobody uses the hub, as after a first up that failed, such a change is made by: pulumi destroy, "
    "then pulumi up"
)
"""What is kept is kept from the beginning of the first ``up``, also of one that then fails over a wrong setting."""

IsUnknown = Callable[[object], bool]


def checked(olds: Props, news: Props, is_unknown: IsUnknown) -> tuple[Props, list[str]]:
    """What is to be kept, and the sentences about what must not change.

    A cluster that could not be asked leaves the one that is known.
    """
    inputs = {key: value for key, value in news.items() if value is not None}
    if "cluster" not in inputs and olds.get("cluster"):
        inputs["cluster"] = olds["cluster"]
    return inputs, list(_refused(olds, inputs, is_unknown))


def differs(olds: Props, news: Props, is_unknown: IsUnknown) -> bool:
    """Whether anything but a spelling is to be kept anew."""
    if _has_unknown(news, is_unknown) or olds.get("__provider") != news.get("__provider"):
        return True
    if olds.get("cluster") != news.get("cluster"):
        return True
    before, after = olds.get("settings") or {}, news["settings"]
    return before.keys() != after.keys() or ImmutableSettings.from_props(before) != ImmutableSettings.from_props(after)


def _refused(olds: Props, news: Props, is_unknown: IsUnknown) -> Iterator[str]:
    before = _known(olds.get("cluster"), is_unknown)
    after = _known(news.get("cluster"), is_unknown)
    if before and after:
        refusal = another_cluster(ClusterId.from_props(before), ClusterId.from_props(after))
        if refusal:
            yield refusal
    kept = _known(olds.get("settings"), is_unknown)
    if kept:
        wanted = {**kept, **_known(news.get("settings"), is_unknown)}
        deployed = {**wanted, **kept}
        sentences = changes_refused(ImmutableSettings.from_props(deployed), ImmutableSettings.from_props(wanted))
        yield from sentences
        if sentences:
            yield STILL_FREE


def _known(props: object, is_unknown: IsUnknown) -> Props:
    if not isinstance(props, Mapping):
        return {}
    return {key: value for key, value in props.items() if not _has_unknown(value, is_unknown)}


def _has_unknown(value: object, is_unknown: IsUnknown) -> bool:
    if isinstance(value, Mapping):
        return any(_has_unknown(inner, is_unknown) for inner in value.values())
    if isinstance(value, list):
        return any(_has_unknown(inner, is_unknown) for inner in value)
    return is_unknown(value)
