"""The rules as the engine runs them: the policy pack ``pangeo-tenancy``.

A policy of the SDK that meets a value which a preview does not know says so as a mere advice, whatever its level
(pulumi/pulumi-policy, ``_PolicyAnalyzerServicer.Analyze``). Here the rule says it itself, at its own level: what could
not be checked is refused.
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from policies.rule import Context, Resource, Rule
from policies.rules import RULES

NAME = "pangeo-tenancy"


def serve() -> None:
    """Serve every rule until the engine is done. Does not return."""
    # pydantic is needed only when the program has run, and loads while it does.
    threading.Thread(target=_load_what_comes_last, daemon=True).start()
    PolicyPack(NAME, list(policies(RULES)), enforcement_level=EnforcementLevel.MANDATORY)


def policies(rules: Iterable[Rule], surroundings: Callable[[], Context] | None = None) -> Iterable[Policy]:
    """The rules as policies of the SDK. ``surroundings`` are the engine's unless given."""
    for rule in rules:
        make = _stack_policy if rule.find_in_stack else _resource_policy
        yield make(rule, surroundings or _of_the_engine)


def _of_the_engine() -> Context:
    """What the engine says of the stack: at each call, for it is in place only by then."""
    return Context(stack=pulumi.get_stack(), config=pulumi.runtime.config.CONFIG.get(), environment=os.environ)


def _load_what_comes_last() -> None:
    import components.config.stack_file  # noqa: F401 - for its loading


def _resource_policy(rule: Rule, surroundings: Callable[[], Context]) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = Resource(
            type=args.resource_type,
            name=args.name,
            props=args.props,
            urn=args.urn,
            parent_type=_type_in(args.opts.parent or ""),
            protect=args.opts.protect,
        )

        def find(context: Context) -> None:
            if not rule.is_about(resource):
                args.not_applicable(f"it is about {' and '.join(kind.words for kind in rule.on)}")
            for sentence in rule.find(resource, context) if rule.find else ():
                report(_with_fix(sentence, rule), None)

        _run(rule, surroundings, args.get_config(), report, find)

    return ResourceValidationPolicy(rule.id, rule.summary, validate, **_about(rule))


def _stack_policy(rule: Rule, surroundings: Callable[[], Context]) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [
            Resource(type=each.resource_type, name=each.name, props=each.props, urn=each.urn, protect=each.opts.protect)
            for each in args.resources
        ]

        def find(context: Context) -> None:
            for found in rule.find_in_stack(resources, context) if rule.find_in_stack else ():
                sentence, urn = found if isinstance(found, tuple) else (found, None)
                report(_with_fix(sentence, rule), urn)

        _run(rule, surroundings, args.get_config(), report, find)

    return StackValidationPolicy(rule.id, rule.summary, validate, **_about(rule))


def _run(
    rule: Rule,
    surroundings: Callable[[], Context],
    given: Mapping[str, object],
    report: ReportViolation,
    find: Callable[[Context], None],
) -> None:
    try:
        settings = rule.with_settings(given)
    except ValueError as wrong:
        report(f"in the file for --policy-pack-config, {wrong}", None)
        return
    try:
        find(replace(surroundings(), settings=settings))
    except UnknownValueError as unknown:
        report(
            f"could not be checked: {'.'.join(unknown.props)} is not known in a preview. Take it from the stack's "
            "configuration instead of a resource that is still to be made",
            None,
        )


def _about(rule: Rule) -> dict[str, Any]:
    properties = {
        each.name: {**each.type, "default": each.default, "description": each.words} for each in rule.settings
    }
    return {
        "enforcement_level": EnforcementLevel(rule.level),
        "severity": Severity(rule.severity),
        "remediation_steps": rule.fix,
        "config_schema": PolicyConfigSchema(properties) if properties else None,
    }


def _with_fix(sentence: str, rule: Rule) -> str:
    return f"{sentence}\nWhat to do: {rule.fix}"


def _type_in(urn: str) -> str:
    """The type in a URN, ``urn:pulumi:stack::project::parent$type::name``, without its parents'."""
    parts = urn.split("::")
    return parts[2].rpartition("$")[2] if len(parts) > 2 else ""
