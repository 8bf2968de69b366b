"""Previews of many stacks from one warm process: each on its own, whatever becomes of the others."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from pulumi import automation
from pulumi.automation.errors import CommandError

from ci.official import CannotPreview
from ci.report import Preview
from ci.run import Policies, last_words, preview
from components.config.problems import InvalidTenancy
from previews import InFlight, WarmProject

Opened = tuple[automation.Stack, Collection[str]]
"""A stack to preview, and notes for the reader about how it is previewed."""


@dataclass(frozen=True)
class Looked:
    """One stack's preview and what it took, from its turn to its end."""

    preview: Preview
    seconds: float


def previews(
    project: WarmProject,
    names: Sequence[str],
    opened: Callable[[str], Opened],
    started: Callable[[str], None],
    *,
    policies: Policies | None,
    in_flight: InFlight,
) -> Iterator[Looked]:
    """Preview every stack, as they are ready; whatever stops one of them is part of its report.

    Args:
        project: whose stacks they are.
        names: the stacks, each once.
        opened: opens one. What the engine says against it, ``CannotPreview`` and ``InvalidTenancy`` are its failure.
        started: is told of each stack whose turn has come, in a thread of that stack.
        policies: the pack to run; where the project has one that is forked, that.
        in_flight: how many at a time.
    """
    if policies and project.policies:
        policies = policies._replace(pack=project.policies)

    def look(name: str) -> Looked:
        started(name)
        began = time.perf_counter()
        found = _preview(name, opened, policies)
        return Looked(found, time.perf_counter() - began)

    for _, looked in project.by_name(names, look, in_flight):
        yield looked


def _preview(name: str, opened: Callable[[str], Opened], policies: Policies | None) -> Preview:
    try:
        stack, notes = opened(name)
        return preview(stack, policies=policies, notes=notes)
    except (CannotPreview, InvalidTenancy) as refused:
        said = [str(refused)]
    except CommandError as stopped:
        said = last_words(str(stopped))
    except Exception as defect:
        # Of this program or the SDK. Told as this stack's, it keeps no other from its turn.
        said = [f"{type(defect).__name__}: {defect}"]
    return Preview(name, succeeded=False, errors=tuple(said))
