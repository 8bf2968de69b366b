"""The command ``check``: checks stack files, one by one and against each other, and the settings of policies."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from components.capacity.fit import check_fit
from components.capacity.total import compute_capacity
from components.chart.logo import check_logo
from components.chart.secret_size import check_secret_size
from components.config.announcements import past_announcements
from components.config.claims import read_claims, read_folder
from components.config.collisions import Claims, Comparison, claims_of, compare_all, compare_names
from components.config.policy_settings import parse_known_policies, read_policy_file
from components.config.problems import InvalidTenancy, Problem
from components.config.stack_file import IncompleteTenancy, read_stack, stack_path, stacks
from components.config.stored_secrets import list_stored_secrets
from components.config.tenancy import Tenancy
from components.preflight.dns import verify_domain
from components.preflight.findings import Findings
from components.preflight.reachability import reachability_warnings


@dataclass(frozen=True)
class StackReport:
    """Result of checking one stack file. ``tenancy`` is None where the file could not be read."""

    source: str
    tenancy: Tenancy | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether there are no problems. Warnings are allowed."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """Return the report as an object for ``--json``."""
        report: dict[str, Any] = {
            "stack": self.source,
            "good": self.is_good,
            "problems": [{"key": each.key, "value": each.value, "message": each.message} for each in self.problems],
            "warnings": list(self.warnings),
        }
        if self.tenancy is not None:
            fits = compute_capacity(self.tenancy)
            report |= {
                "url": f"https://{self.tenancy.domain}",
                "notebookUsersGroup": self.tenancy.notebook_users_group,
                "capacity": fits.as_output() if fits else None,
            }
        return report

    def lines(self) -> Iterator[str]:
        """Yield the report as lines of text."""
        if self.problems:
            yield from str(InvalidTenancy(self.source, self.problems)).split("\n")
        elif self.tenancy is not None:
            fits = compute_capacity(self.tenancy)
            summary = f"https://{self.tenancy.domain} for {self.tenancy.notebook_users_group}"
            yield f"{self.source}: good. {summary}{f'; {fits}' if fits else ''}"
        else:
            yield f"{self.source}: good as far as it goes; a preview also checks its Pulumi ESC environment"
        for warning in self.warnings:
            yield f"  warning: {warning}"


def check_stacks(
    names: Sequence[str], folder: Path, *, resolve_domains: bool, environment: Mapping[str, str]
) -> list[StackReport]:
    """Check stack files. No engine, cluster or secret is needed.

    Args:
        names: stack names or paths; all stacks in ``folder`` when empty.
        folder: the folder of the stack files.
        resolve_domains: whether to check each ``pangeoDomain`` in the DNS.
        environment: where ``PANGEO_DNS_CHECK`` is looked up.

    Raises:
        InvalidTenancy: there are no stack files.
    """
    reports: dict[str, StackReport] = {}
    for name in chosen_stacks(names, folder):
        source = str(stack_path(name, folder))
        reports[source] = _check(source, resolve_domains=resolve_domains, environment=environment)
    comparisons = _compare(reports, folder)
    checked = [_add(report, comparisons.get(source)) for source, report in reports.items()]
    return [*checked, *check_policies(folder)]


def check_policies(folder: Path) -> list[StackReport]:
    """Check the organisation's settings of policies beside the stack files; return a report only of problems."""
    path, schema = folder / "policies.json", folder / "policies.schema.json"
    if not path.exists() or not schema.exists():
        return []
    try:
        known = parse_known_policies(json.loads(schema.read_text(encoding="utf-8")))
        read_policy_file(path.read_text(encoding="utf-8"), known, source=str(path))
    except InvalidTenancy as invalid:
        return [StackReport(str(path), problems=invalid.problems)]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        message = f"cannot be compared with {schema}: {type(error).__name__}; run python -m docs.generate"
        return [StackReport(str(path), problems=(Problem("", "", message),))]
    return []


def chosen_stacks(names: Sequence[str], folder: Path) -> list[str]:
    """Return the given names without duplicates, or all stacks in ``folder``.

    Raises:
        InvalidTenancy: there are none.
    """
    chosen = list(dict.fromkeys(names)) or stacks(folder)
    if not chosen:
        raise InvalidTenancy(str(folder), [Problem("", "", "there is no stack file Pulumi.<tenancy>.yaml")])
    return chosen


def _compare(reports: Mapping[str, StackReport], folder: Path) -> dict[str, Comparison]:
    """Compare the names of the checked stacks with each other and with all others in the folder."""
    own = {source: claims for source, report in reports.items() if (claims := _claims(report)) is not None}
    checked = {Path(source).resolve() for source in reports}
    others = {str(path): each for path, each in read_folder(folder).items() if path.resolve() not in checked}
    readable = {source: each for source, each in others.items() if not isinstance(each, InvalidTenancy)}
    unreadable = {source: each for source, each in others.items() if isinstance(each, InvalidTenancy)}
    compared = compare_all({**own, **readable})
    return {source: _join(compared[source], compare_names(claims, unreadable)) for source, claims in own.items()}


def _claims(report: StackReport) -> Claims | None:
    """Return the names in a checked file; None if they cannot be read, which its own report shows."""
    if report.tenancy is not None:
        return claims_of(report.tenancy)
    try:
        return read_claims(Path(report.source))
    except InvalidTenancy:
        return None


def _join(one: Comparison, other: Comparison) -> Comparison:
    return Comparison((*one.problems, *other.problems), (*one.warnings, *other.warnings))


def _add(report: StackReport, comparison: Comparison | None) -> StackReport:
    if comparison is None:
        return report
    return replace(
        report,
        problems=(*report.problems, *comparison.problems),
        warnings=(*report.warnings, *comparison.warnings),
    )


def _check(source: str, *, resolve_domains: bool, environment: Mapping[str, str]) -> StackReport:
    try:
        tenancy = read_stack(Path(source))
        findings = Findings(source)
        for check in (check_secret_size, check_fit, check_logo):
            with findings.collect():
                check(tenancy, source)
        findings.refuse()
        dns_warning = (
            verify_domain(tenancy, source=source, preview=True, environment=environment) if resolve_domains else None
        )
    except IncompleteTenancy as incomplete:
        return StackReport(source, warnings=tuple(f"{each.key} {each.message}" for each in incomplete.problems))
    except InvalidTenancy as invalid:
        return StackReport(source, problems=invalid.problems)
    fits = compute_capacity(tenancy)
    secrets = (
        f"{each.key} is encrypted in the file; whoever has the passphrase can decrypt it, and CI refuses it "
        "(docs/ci.md#credentials-in-stack-files)"
        for each in list_stored_secrets(Path(source))
    )
    unreachable = reachability_warnings(tenancy) if resolve_domains else []
    past = past_announcements(tenancy.announcements, datetime.now(UTC))
    warnings = (
        *([dns_warning] if dns_warning else []),
        *unreachable,
        *(fits.warnings if fits else ()),
        *secrets,
        *past,
    )
    return StackReport(source, tenancy, warnings=warnings)
