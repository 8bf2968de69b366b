"""The report of a preview, made from the engine's events: changes, policy violations, warnings and errors."""

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
"""The engine's operations that a report lists. A replacement is one ``replace``, without its create and delete."""

DRIFTED = "drifted"
"""The operation of a resource that a refresh found to differ from the state."""

_GENERAL_ERROR = "preview failed"
"""Error that the engine adds to the specific ones."""


@dataclass(frozen=True)
class ResourceChange:
    """The planned change of one resource. ``operation`` is a value of ``OPERATIONS``, or ``drifted``."""

    operation: str

    type: str
    name: str
    properties: tuple[PropertyChange, ...]


@dataclass(frozen=True)
class Violation:
    """A violation of a policy. ``resource`` is a type and a name, or None for a policy on the whole stack."""

    policy: str
    mandatory: bool
    resource: str | None
    message: str


@dataclass(frozen=True)
class Preview:
    """The report of one stack's preview."""

    stack: str
    succeeded: bool
    """False if the engine stopped: for an error, a mandatory policy, or a change when none was expected."""

    changes: tuple[ResourceChange, ...] = ()
    unchanged: int = 0
    violations: tuple[Violation, ...] = ()
    policy_packs: Mapping[str, str] = field(default_factory=dict)
    """Name and version of each policy pack that ran."""

    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences about how the preview was made, if that limits its result."""

    policy_changes: tuple[str, ...] = ()
    """Sentences about policies below their default level, changed settings, and edits of the policies themselves."""

    @property
    def counts(self) -> dict[str, int]:
        """The number of resources for each operation, in the order of ``OPERATIONS``."""
        found = Counter(change.operation for change in self.changes)
        return {word: found[word] for word in (DRIFTED, *OPERATIONS.values()) if found[word]}

    @property
    def refused(self) -> bool:
        """Whether a mandatory policy refuses the stack."""
        return any(violation.mandatory for violation in self.violations)

    @property
    def passed(self) -> bool:
        """Whether neither the engine nor a mandatory policy refuses the stack."""
        return self.succeeded and not self.refused


_JSON = TypeAdapter(Preview)


def report_of_events(
    stack: str, events: Iterable[EngineEvent], *, failure: Collection[str] | None = None, notes: Collection[str] = ()
) -> Preview:
    """Return the report of the events of one preview.

    Args:
        stack: the stack's name.
        events: all events in the engine's order.
        failure: None if the engine succeeded, otherwise its error output. It is reported if no event has an error.
        notes: sentences about how the preview was made.
    """
    events = list(events)
    diagnostics = [event.diagnostic_event for event in events if event.diagnostic_event is not None]
    violations = list(_violations(events))
    errors = tuple(error for error in dict.fromkeys(_messages(diagnostics, "error")) if error != _GENERAL_ERROR)
    if failure is not None and not errors and not any(violation.mandatory for violation in violations):
        errors = tuple(failure)
    return Preview(
        stack=stack,
        succeeded=failure is None,
        changes=tuple(_changes(events)),
        unchanged=sum(1 for step in _steps(events) if step.op == OpType.SAME),
        violations=tuple(sorted(violations, key=lambda each: (not each.mandatory, each.policy, each.resource or ""))),
        policy_packs=_packs(events),
        warnings=tuple(dict.fromkeys(_messages(diagnostics, "warning"))),
        errors=errors,
        notes=tuple(notes),
    )


def failed_preview(stack: str, *errors: str) -> Preview:
    """Return the report of a preview without a result, because no engine ran or it did not finish."""
    return Preview(stack, succeeded=False, errors=errors)


def write_report(preview: Preview, file: Path) -> None:
    """Write a preview as JSON for :func:`read_report`."""
    file.write_bytes(_JSON.dump_json(preview))


def read_report(file: Path) -> Preview:
    """Read a preview that :func:`write_report` wrote."""
    return _JSON.validate_json(file.read_bytes())


def _changes(events: Iterable[EngineEvent]) -> Iterator[ResourceChange]:
    for step in _steps(events):
        if step.op in OPERATIONS:
            yield _resource_change(OPERATIONS[step.op], step, _inputs(step.old), _inputs(step.new))
    for event in events:
        if event.res_outputs_event is not None and event.res_outputs_event.metadata.op == OpType.REFRESH:
            step = event.res_outputs_event.metadata
            drifted = _resource_change(DRIFTED, step, _outputs(step.old), _outputs(step.new))
            if drifted.properties and not _is_default_provider(step):
                yield drifted


def _resource_change(
    operation: str, step: StepEventMetadata, before: Mapping[str, object] | None, after: Mapping[str, object] | None
) -> ResourceChange:
    named = list(step.detailed_diff or step.diffs or ())
    properties = differences(before, after, named_by_engine=named, replacing=step.keys or ())
    if not properties and operation in ("update", "replace"):
        # The engine compares with the state, in which a provider may keep more than the inputs show.
        properties = tuple(PropertyChange(path, "(not shown)", "(not shown)") for path in sorted(named))
    return ResourceChange(operation, step.type, _name(step.urn), properties)


def _steps(events: Iterable[EngineEvent]) -> Iterator[StepEventMetadata]:
    for event in events:
        if event.resource_pre_event is not None and not _is_default_provider(event.resource_pre_event.metadata):
            yield event.resource_pre_event.metadata


def _is_default_provider(step: StepEventMetadata) -> bool:
    """Return whether this is the engine's own entry for a plugin, which only repeats the stack's configuration."""
    return step.type.startswith("pulumi:providers:") and _name(step.urn).startswith("default")


def _inputs(state: StepEventStateMetadata | None) -> Mapping[str, object] | None:
    return None if state is None else state.inputs or {}


def _outputs(state: StepEventStateMetadata | None) -> Mapping[str, object] | None:
    return None if state is None else state.outputs or {}


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def _violations(events: Iterable[EngineEvent]) -> Iterator[Violation]:
    for event in events:
        found: PolicyEvent | None = event.policy_event
        if found is not None:
            yield Violation(
                policy=found.policy_name,
                mandatory=found.enforcement_level == "mandatory",
                resource=_resource(found.resource_urn),
                message=found.message.strip(),
            )


def _packs(events: Iterable[EngineEvent]) -> dict[str, str]:
    packs: dict[str, str] = {}
    for event in events:
        ran = event.summary_event.policy_packs if event.summary_event is not None else None
        for name, version in (ran or {}).items():
            # The name of a local pack contains its folder, which differs from machine to machine.
            packs[name.partition("|")[0]] = version
    return packs


def _resource(urn: str | None) -> str | None:
    if not urn:
        return None
    *_, type_chain, name = urn.split("::")
    own_type = type_chain.rsplit("$", 1)[-1]
    return None if own_type == "pulumi:pulumi:Stack" else f"{own_type} {name}"


def _messages(diagnostics: Iterable[DiagnosticEvent], severity: str) -> Iterator[str]:
    for diagnostic in diagnostics:
        message = diagnostic.message.strip()
        # A plugin on PATH is a matter of the machine, not of the tenancy.
        if diagnostic.severity == severity and message and " from $PATH at " not in message:
            # The error that stops the program is reported twice, the second time with this prefix.
            yield message.removeprefix("an unhandled error occurred: ")
