"""The parts of a policy rule: the resources it applies to, its check, the reason for it and the fix."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from components.config.tenancy import Tenancy

Level = Literal["mandatory", "advisory"]
Severity = Literal["critical", "high", "medium", "low"]

STACK = "pulumi:pulumi:Stack"
"""Type of the resource that the engine declares for each stack, also where the program refuses its configuration."""

CHECKOUT = Path(__file__).resolve().parent.parent
"""The checkout that this pack is part of; its chart and its stack files are the reference for the rules."""


class InvalidConfiguration(Exception):
    """The program does not accept the stack's configuration. The message lists the problems without any value."""


@dataclass(frozen=True)
class Resource:
    """A resource with its checked inputs; rules about the whole stack also see its outputs.

    Secrets are readable; numbers are floats; mappings and lists raise ``UnknownValueError`` for values that a preview
    does not know.
    """

    type: str
    name: str
    props: Mapping[str, Any]
    urn: str = ""
    parent_type: str = ""
    """The type of the parent resource."""
    protect: bool = False
    """The resource option ``protect``. The engine does not pass ``retain_on_delete`` to policies."""


@dataclass(frozen=True)
class Context:
    """The facts that a check may use besides the resource."""

    stack: str
    tenancy: "Tenancy"
    """The stack's configuration as the program reads it, in normalised values."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The rule's settings: the organisation's values, and the defaults for the others."""
    bind_passwords: tuple[str, ...] = field(default=(), repr=False)
    """The password of the program's directory account, from the environment and from the configuration."""
    read_password: str = field(default="", repr=False)
    """The password of the read-only directory account; empty if there is none."""
    checkout: Path = CHECKOUT


@dataclass(frozen=True)
class Kind:
    """A kind of resource. ``matches`` distinguishes it from other resources of the same type."""

    type: str
    label: str
    matches: Callable[[Resource], bool] = lambda _: True

    def includes(self, resource: Resource) -> bool:
        """Return whether the resource is of this kind."""
        return resource.type == self.type and self.matches(resource)


@dataclass(frozen=True)
class Setting:
    """A setting of a rule in the file for ``--policy-pack-config``. ``type`` is a JSON schema."""

    name: str
    description: str
    type: Mapping[str, Any]
    default: Any


STRINGS: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}
NUMBER: Mapping[str, Any] = {"type": "number"}
BOOLEAN: Mapping[str, Any] = {"type": "boolean"}

Check = Callable[[Resource, Context], Iterator[str]]
StackCheck = Callable[[Sequence[Resource], Context], Iterator[str | tuple[str, str]]]


@dataclass(frozen=True)
class Rule:
    """One rule. ``check`` examines one resource of one of ``kinds``; ``check_stack`` examines all resources together.

    Without ``kinds``, ``check`` examines every resource except the stack itself, which has no inputs.

    Both yield one message per violation; ``check_stack`` may also yield pairs of a message and the URN of the resource.
    Messages never contain a secret.
    """

    id: str
    summary: str
    """The requirement, as a sentence without a full stop."""
    reason: str
    fix: str
    severity: Severity
    level: Level = "mandatory"
    kinds: tuple[Kind, ...] = ()
    settings: tuple[Setting, ...] = ()
    check: Check | None = None
    check_stack: StackCheck | None = None

    @property
    def defaults(self) -> dict[str, Any]:
        """The settings' default values by name."""
        return {setting.name: setting.default for setting in self.settings}

    def applies_to(self, resource: Resource) -> bool:
        """Return whether the resource is of one of the rule's kinds; without kinds, all but the stack are."""
        if not self.kinds:
            return resource.type != STACK
        return any(kind.includes(resource) for kind in self.kinds)

    def merge_settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the organisation's settings completed by the defaults.

        Raises:
            ValueError: a setting that the rule does not have.
        """
        unknown = sorted(set(given) - set(self.defaults))
        if unknown:
            known = ", ".join(self.defaults) or "none"
            raise ValueError(f"{', '.join(unknown)} is not a setting of this rule; its settings: {known}")
        return {**self.defaults, **given}
