"""The policy pack ``pangeo-tenancy``: the rules as policies of the SDK.

The SDK reports a policy that meets a value unknown in a preview as advisory, at any level of the policy
(pulumi/pulumi-policy, ``_PolicyAnalyzerServicer.Analyze``). Here the rule reports such a value itself, at its own
level: a value that cannot be checked is refused.
"""

import functools
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

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

from components.escape import escape_control_characters
from components.freeipa.errors import PASSWORD_CONFIG_KEY, PASSWORD_VARIABLE, READ_PASSWORD_CONFIG_KEY
from policies.rule import Context, InvalidConfiguration, Resource, Rule
from policies.rules import RULES

if TYPE_CHECKING:
    from components.config.tenancy import Tenancy

NAME = "pangeo-tenancy"


def serve() -> None:
    """Serve every rule until the engine ends the process."""
    # The model and pydantic are needed only after the program has started; they load at the same time as the program.
    threading.Thread(target=_import_model, daemon=True).start()
    PolicyPack(NAME, list(make_policies(RULES)), enforcement_level=EnforcementLevel.MANDATORY)


def make_policies(rules: Iterable[Rule], get_context: Callable[[], Context] | None = None) -> Iterable[Policy]:
    """Make the SDK's policies from the rules.

    Args:
        rules: the rules.
        get_context: returns the context of a check; by default that of the engine's stack.
    """
    for rule in rules:
        make = _stack_policy if rule.check_stack else _resource_policy
        yield make(rule, get_context or engine_context)


def engine_context() -> Context:
    """Return the context of the stack that the engine has configured; it is set before the first check.

    Raises:
        InvalidConfiguration: the program does not accept the stack's configuration.
    """
    stack, config = pulumi.get_stack(), pulumi.runtime.config.CONFIG.get()
    passwords = (os.environ.get(PASSWORD_VARIABLE, ""), config.get(PASSWORD_CONFIG_KEY, ""))
    return Context(
        stack,
        read_tenancy(stack, tuple(config.items())),
        bind_passwords=passwords,
        read_password=config.get(READ_PASSWORD_CONFIG_KEY, ""),
    )


@functools.lru_cache(maxsize=8)  # every rule asks for it, for every resource
def read_tenancy(stack: str, config: tuple[tuple[str, str], ...]) -> "Tenancy":
    """Read the tenancy from the pairs of keys and values in a stack's configuration.

    Raises:
        InvalidConfiguration: the program does not accept the configuration.
    """
    from components.config.problems import InvalidTenancy
    from components.config.stack_file import read_config

    try:
        # The SDK does not pass on which keys are secret, so no value may appear in a message.
        return read_config(dict(config), source=stack, secret_keys=[key for key, _ in config])
    except InvalidTenancy as error:
        problems = "; ".join(escape_control_characters(f"{each.key} {each.message}") for each in error.problems)
        raise InvalidConfiguration(f"the configuration of the stack {stack} is not valid: {problems}") from None


def _import_model() -> None:
    import components.config.stack_file  # noqa: F401 - loads it in advance


def _resource_policy(rule: Rule, get_context: Callable[[], Context]) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = Resource(
            type=args.resource_type,
            name=args.name,
            props=args.props,
            urn=args.urn,
            parent_type=_type_of_urn(args.opts.parent or ""),
            protect=args.opts.protect,
        )

        def check(context: Context) -> None:
            for message in rule.check(resource, context) if rule.check else ():
                report(_add_fix(message, rule), None)

        try:
            applies = rule.applies_to(resource)
        except UnknownValueError as error:
            report(_unknown_value(error), None)
            return
        if not applies:
            args.not_applicable(f"it applies to {' and '.join(kind.label for kind in rule.kinds) or 'other resources'}")
        _run(rule, get_context, args.get_config(), report, check)

    return ResourceValidationPolicy(rule.id, rule.summary, validate, **_policy_options(rule))


def _stack_policy(rule: Rule, get_context: Callable[[], Context]) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [
            Resource(type=each.resource_type, name=each.name, props=each.props, urn=each.urn, protect=each.opts.protect)
            for each in args.resources
        ]

        def check(context: Context) -> None:
            for found in rule.check_stack(resources, context) if rule.check_stack else ():
                message, urn = found if isinstance(found, tuple) else (found, None)
                report(_add_fix(message, rule), urn)

        _run(rule, get_context, args.get_config(), report, check)

    return StackValidationPolicy(rule.id, rule.summary, validate, **_policy_options(rule))


def _run(
    rule: Rule,
    get_context: Callable[[], Context],
    given: Mapping[str, object],
    report: ReportViolation,
    check: Callable[[Context], None],
) -> None:
    """Run a check with the rule's settings; report what prevents it as a violation of the rule."""
    try:
        settings = rule.merge_settings(given)
    except ValueError as error:
        report(f"in the file for --policy-pack-config, {error}", None)
        return
    try:
        check(replace(get_context(), settings=settings))
    except UnknownValueError as error:
        report(_unknown_value(error), None)
    except InvalidConfiguration as error:
        report(f"could not be checked: {error}", None)


def _unknown_value(error: UnknownValueError) -> str:
    return (
        f"could not be checked: {'.'.join(error.props)} is not known in a preview. Take the value from the stack's "
        "configuration, not from an output of a resource that does not exist yet"
    )


def _policy_options(rule: Rule) -> dict[str, Any]:
    properties = {
        each.name: {**each.type, "default": each.default, "description": each.description} for each in rule.settings
    }
    return {
        "enforcement_level": EnforcementLevel(rule.level),
        "severity": Severity(rule.severity),
        "remediation_steps": rule.fix,
        "config_schema": PolicyConfigSchema(properties) if properties else None,
    }


def _add_fix(message: str, rule: Rule) -> str:
    return f"{message}\nFix: {rule.fix}"


def _type_of_urn(urn: str) -> str:
    """Return the type in ``urn:pulumi:stack::project::parent$type::name``, without the parents' types."""
    parts = urn.split("::")
    return parts[2].rpartition("$")[2] if len(parts) > 2 else ""
