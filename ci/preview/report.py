"""A preview as data, made from the engine's events: what changes, what policies say, what a reviewer should know."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pulumi.automation.events import (
    DiagnosticEvent,
    EngineEvent,
    OpType,
    PolicyEvent,
    StepEventMetadata,
    StepEventStateMetadata,
)
from pydantic import TypeAdapter

from ci.preview.differences import PropertyChange, differences

OPERATIONS = {
    OpType.CREATE: "create",
    OpType.IMPORT: "import",
    OpType.UPDATE: "update",
    OpType.REPLACE: "replace",
    OpType.DELETE: "delete",
}
"""The steps a reader counts. A replacement's own create and delete are one ``replace`` here."""

_NO_NEWS = "preview failed"
"""What the engine adds to the errors that say why."""

DRIFTED = "drifted"
"""The operation of a resource that is not as the state says, found by a refresh."""


@dataclass(frozen=True)
class ResourceChange:
    """What would be done to one resource."""

    operation: str
    """One of ``OPERATIONS``' words, or ``drifted``."""

    type: str
    name: str
    properties: tuple[PropertyChange, ...]


@dataclass(frozen=True)
class Violation:
    """What a policy found."""

    policy: str
    mandatory: bool
    resource: str | None
    """Type and name; None for a policy on the whole stack."""

    message: str


@dataclass(frozen=True)
class Preview:
    """All there is to tell of one stack's preview."""

    stack: str
    succeeded: bool
    """False where the engine stopped: an error, a mandatory policy, or changes where none were expected."""

    changes: tuple[ResourceChange, ...] = ()
    unchanged: int = 0
    violations: tuple[Violation, ...] = ()
    policy_packs: Mapping[str, str] = field(default_factory=dict)
    """Name and version of every pack that ran."""

    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """How the preview was made, where that limits what it knows."""

    @property
    def counts(self) -> dict[str, int]:
        """How many resources by operation, in the order of ``OPERATIONS``."""
        found = Counter(change.operation for change in self.changes)
        return {word: found[word] for word in (DRIFTED, *OPERATIONS.values()) if found[word]}

    @property
    def refused(self) -> bool:
        """Whether a mandatory policy stops an ``up``."""
        return any(violation.mandatory for violation in self.violations)

    @property
    def good(self) -> bool:
        """Whether an ``up`` would be let through."""
        return self.succeeded and not self.refused


_JSON = TypeAdapter(Preview)


def report(
    stack: str, events: Iterable[EngineEvent], *, failure: Collection[str] | None = None, notes: Collection[str] = ()
) -> Preview:
    """The preview that these events tell of.

    Args:
        stack: its name.
        events: all events of one preview, in the engine's order.
        failure: None where the engine ended well; else what it said last, told where no event tells more.
        notes: how the preview was made.
    """
    heard = list(events)
    diagnostics = [event.diagnostic_event for event in heard if event.diagnostic_event is not None]
    violations = list(_violations(heard))
    errors = tuple(said for said in dict.fromkeys(_said(diagnostics, "error")) if said != _NO_NEWS)
    if failure is not None and not errors and not any(violation.mandatory for violation in violations):
        errors = tuple(failure)
    return Preview(
        stack=stack,
        succeeded=failure is None,
        changes=tuple(_changes(heard)),
        unchanged=sum(1 for step in _steps(heard) if step.op == OpType.SAME),
        violations=tuple(sorted(violations, key=lambda each: (not each.mandatory, each.policy, each.resource or ""))),
        policy_packs=_packs(heard),
        warnings=tuple(dict.fromkeys(_said(diagnostics, "warning"))),
        errors=errors,
        notes=tuple(notes),
    )


def failed_preview(stack: str, *errors: str) -> Preview:
    """The report of a preview for which no engine ran, or whose engine could not finish."""
    return Preview(stack, succeeded=False, errors=errors)


def write_report(preview: Preview, file: Path) -> None:
    """Write a preview as JSON for :func:`read_report`."""
    file.write_bytes(_JSON.dump_json(preview))


def read_report(file: Path) -> Preview:
    """Read a preview that :func:`write_report` wrote."""
    return _JSON.validate_json(file.read_bytes())


def _changes(heard: Iterable[EngineEvent]) -> Iterator[ResourceChange]:
    for step in _steps(heard):
        if step.op in OPERATIONS:
            yield _changed(OPERATIONS[step.op], step, _inputs(step.old), _inputs(step.new))
    for event in heard:
        if event.res_outputs_event is not None and event.res_outputs_event.metadata.op == OpType.REFRESH:
            step = event.res_outputs_event.metadata
            drifted = _changed(DRIFTED, step, _outputs(step.old), _outputs(step.new))
            if drifted.properties and not _is_default_provider(step):
                yield drifted


def _changed(
    operation: str, step: StepEventMetadata, before: Mapping[str, object] | None, after: Mapping[str, object] | None
) -> ResourceChange:
    named = list(step.detailed_diff or step.diffs or ())
    properties = differences(before, after, named_by_engine=named, replacing=step.keys or ())
    if not properties and operation in ("update", "replace"):
        # The engine compares with the state, where a provider may keep what the inputs do not show.
        properties = tuple(PropertyChange(path, "(not shown)", "(not shown)") for path in sorted(named))
    return ResourceChange(operation, step.type, _name(step.urn), properties)


def _steps(heard: Iterable[EngineEvent]) -> Iterator[StepEventMetadata]:
    for event in heard:
        if event.resource_pre_event is not None and not _is_default_provider(event.resource_pre_event.metadata):
            yield event.resource_pre_event.metadata


def _is_default_provider(step: StepEventMetadata) -> bool:
    """The engine's own entry for a plugin, which repeats the stack's configuration and is not counted."""
    return step.type.startswith("pulumi:providers:") and _name(step.urn).startswith("default")


def _inputs(state: StepEventStateMetadata | None) -> Mapping[str, object] | None:
    return None if state is None else state.inputs or {}


def _outputs(state: StepEventStateMetadata | None) -> Mapping[str, object] | None:
    return None if state is None else state.outputs or {}


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def _violations(heard: Iterable[EngineEvent]) -> Iterator[Violation]:
    for event in heard:
        found: PolicyEvent | None = event.policy_event
        if found is not None:
            yield Violation(
                policy=found.policy_name,
                mandatory=found.enforcement_level == "mandatory",
                resource=_resource(found.resource_urn),
                message=found.message.strip(),
            )


def _packs(heard: Iterable[EngineEvent]) -> dict[str, str]:
    packs: dict[str, str] = {}
    for event in heard:
        ran = event.summary_event.policy_packs if event.summary_event is not None else None
        for name, version in (ran or {}).items():
            # A pack from a folder is named with that folder, which is the machine's.
            packs[name.partition("|")[0]] = version
    return packs


def _resource(urn: str | None) -> str | None:
    if not urn:
        return None
    *_, type_chain, name = urn.split("::")
    own_type = type_chain.rsplit("$", 1)[-1]
    return None if own_type == "pulumi:pulumi:Stack" else f"{own_type} {name}"


def _said(diagnostics: Iterable[DiagnosticEvent], severity: str) -> Iterator[str]:
    for diagnostic in diagnostics:
        said = diagnostic.message.strip()
        # That a plugin comes from PATH tells of the machine, not of the tenancy.
        if diagnostic.severity == severity and said and " from $PATH at " not in said:
            # What stops the program is said twice, the second time with these words before it.
            yield said.removeprefix("an unhandled error occurred: ")
