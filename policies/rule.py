"""What a rule is: who it is about, what it finds wrong, why that matters and how to put it right."""

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Level = Literal["mandatory", "advisory"]
Severity = Literal["critical", "high", "medium", "low"]

CHECKOUT = Path(__file__).resolve().parent.parent
"""The checkout that this pack is part of: its chart and its stack files are the approved ones."""


@dataclass(frozen=True)
class Resource:
    """A resource as the engine shows it: its checked inputs, and to rules about the whole stack its outputs.

    Secrets are open; numbers are floats; mappings and lists are views that raise for what a preview does not know.
    """

    type: str
    name: str
    props: Mapping[str, Any]
    urn: str = ""
    parent_type: str = ""
    """The type of the resource it is part of."""
    protect: bool = False
    """The resource option; ``retain_on_delete`` is not shown to policies."""


@dataclass(frozen=True)
class Context:
    """What a rule may know beside its resource."""

    stack: str
    config: Mapping[str, str]
    """The stack's configuration as the engine hands it over: ``pangeo:clusterName`` to text, JSON for groups."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The rule's own settings: the organisation's, else the defaults."""
    environment: Mapping[str, str] = field(default_factory=dict)
    checkout: Path = CHECKOUT

    def text(self, key: str) -> str:
        """A scalar of the configuration; empty where it is not given."""
        return self.config.get(f"pangeo:{key}", "")

    def group(self, key: str) -> Mapping[str, Any]:
        """A group of the configuration; empty where it is not given."""
        return _parsed(self.config.get(f"pangeo:{key}", "{}"))


@functools.cache
def _parsed(text: str) -> Mapping[str, Any]:
    parsed = json.loads(text)
    return parsed if isinstance(parsed, dict) else {}


@dataclass(frozen=True)
class Kind:
    """Resources that a rule is about. ``holds`` tells them from others of the same type."""

    type: str
    words: str
    holds: Callable[[Resource], bool] = lambda _: True

    def is_of(self, resource: Resource) -> bool:
        """Whether the resource is one of these."""
        return resource.type == self.type and self.holds(resource)


@dataclass(frozen=True)
class Setting:
    """Something an organisation may set in the file for ``--policy-pack-config``. ``type`` is a JSON Schema."""

    name: str
    words: str
    type: Mapping[str, Any]
    default: Any


TEXTS: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}
NUMBER: Mapping[str, Any] = {"type": "number"}
SWITCH: Mapping[str, Any] = {"type": "boolean"}

Finds = Callable[[Resource, Context], Iterator[str]]
FindsInStack = Callable[[Sequence[Resource], Context], Iterator[str | tuple[str, str]]]


@dataclass(frozen=True)
class Rule:
    """One rule. ``find`` is about one resource of one of ``on``; ``find_in_stack`` about all resources together.

    Both give sentences for what is wrong, the second also pairs of a sentence and the URN it is about. They never show
    a secret.
    """

    id: str
    summary: str
    """What must be so."""
    reason: str
    fix: str
    severity: Severity
    level: Level = "mandatory"
    on: tuple[Kind, ...] = ()
    settings: tuple[Setting, ...] = ()
    find: Finds | None = None
    find_in_stack: FindsInStack | None = None

    @property
    def defaults(self) -> dict[str, Any]:
        """Its settings where the organisation says nothing."""
        return {setting.name: setting.default for setting in self.settings}

    def is_about(self, resource: Resource) -> bool:
        """Whether the rule has anything to say of this resource."""
        return any(kind.is_of(resource) for kind in self.on)

    def with_settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The organisation's settings over the defaults.

        Raises:
            ValueError: a setting the rule does not have.
        """
        unknown = sorted(set(given) - set(self.defaults))
        if unknown:
            known = ", ".join(self.defaults) or "none"
            raise ValueError(f"{', '.join(unknown)}: no setting of this rule; it has {known}")
        return {**self.defaults, **given}
