"""All pre-flight checks of one run of the program, in order. Notices and warnings go to Pulumi's log."""

import contextlib
import os
from datetime import UTC, datetime
from typing import NamedTuple

import pulumi

from components.capacity.fit import check_fit
from components.capacity.total import Capacity, compute_capacity
from components.chart.archives import ChartDependenciesError, verify_dependencies
from components.chart.crds import Crd, packaged_crds, select_crds
from components.chart.logo import check_logo
from components.chart.secret_size import check_secret_size
from components.cluster.identity import ClusterId
from components.config.announcements import past_announcements
from components.config.encrypted_keys import find_encrypted_keys
from components.config.problems import MISSING, NAMESPACE, READ_PASSWORD_KEY, InvalidTenancy, Problem
from components.config.stack_file import read_config, stack_path
from components.config.tenancy import Tenancy
from components.freeipa.errors import DIRECTORY_CHECK_VARIABLE, PASSWORD_CONFIG_KEY, PasswordInvalid, PasswordMissing
from components.freeipa.password import bind_password, check_password
from components.ownership.existing import FoundObject
from components.preflight.cluster import ClusterFacts, ClusterRefused, verify_cluster
from components.preflight.dns import verify_domain
from components.preflight.findings import Findings
from components.preflight.groups import check_groups
from components.preflight.ingress import ServingController
from components.preflight.reachability import reachability_warnings
from components.preflight.switch import only_warns


class Preflight(NamedTuple):
    """The checked facts that the program declares its resources from."""

    tenancy: Tenancy
    cluster_id: ClusterId | None
    """None where a preview runs without access to the cluster."""
    objects: tuple[FoundObject, ...]
    """Existing objects with the names of those that the program declares."""
    crds: tuple[Crd, ...]
    """The CRDs that this stack declares."""
    ingress: ServingController
    """The controller that serves the hub."""
    monitoring: frozenset[str]
    """The kinds of the Prometheus Operator that the program declares objects of."""
    capacity: Capacity | None
    """None where the stack's file does not describe its nodes."""


def run_preflight() -> Preflight:
    """Read the stack's file and run every check.

    Raises:
        pulumi.RunError: a check failed; the text is for the operator, and Pulumi prints it without a traceback.
    """
    source = str(stack_path(pulumi.get_stack()))
    findings = Findings(source)
    try:
        tenancy = _read_tenancy(source)
        for check in (check_secret_size, check_fit, check_logo):
            with findings.collect():
                check(tenancy, source)
        with findings.collect():
            _check_passwords(tenancy, source)
        with findings.collect():
            _check_domain(tenancy, source)
        with findings.collect():
            cluster = verify_cluster(
                tenancy,
                stack=pulumi.get_stack(),
                preview=pulumi.runtime.is_dry_run(),
                environment=os.environ,
                report=pulumi.log.info,
            )
        findings.refuse()
        _warn(*cluster.warnings, *past_announcements(tenancy.announcements, datetime.now(UTC)))
        crds = _select_crds(tenancy, cluster)
        capacity = _report_capacity(tenancy)
        return Preflight(tenancy, cluster.id, cluster.objects, crds, cluster.ingress, cluster.monitoring, capacity)
    except InvalidTenancy as error:
        raise pulumi.RunError(str(error)) from None
    except (ChartDependenciesError, ClusterRefused, PasswordInvalid) as error:
        raise pulumi.RunError("\n".join([*findings.lines(), str(error)])) from None


def _read_tenancy(source: str) -> Tenancy:
    config = pulumi.runtime.config.CONFIG.get()
    secret_keys = [key for key in config if pulumi.runtime.config.is_config_secret(key)]
    encrypted = find_encrypted_keys(secret_keys)
    only_warns(DIRECTORY_CHECK_VARIABLE, os.environ)  # refuses another value; the group's provider uses the variable
    notices = verify_dependencies()
    try:
        tenancy = read_config(config, source=source, secret_keys=secret_keys)
    except InvalidTenancy as invalid:
        raise InvalidTenancy(source, [*encrypted.problems, *invalid.problems]) from None
    if encrypted.problems:
        raise InvalidTenancy(source, encrypted.problems)
    _warn(*encrypted.warnings, *notices)
    return tenancy


def _check_passwords(tenancy: Tenancy, source: str) -> None:
    # The directory's client finds a mistake in the password only after other resources were changed.
    config = pulumi.runtime.config.CONFIG.get()
    password = None
    with contextlib.suppress(PasswordMissing):
        password = bind_password(os.environ, lambda: config.get(PASSWORD_CONFIG_KEY))
    _warn(*check_groups(tenancy, password))
    _check_read_password(tenancy, config.get(f"{NAMESPACE}:{READ_PASSWORD_KEY}"), source)


def _check_domain(tenancy: Tenancy, source: str) -> None:
    warning = verify_domain(tenancy, source=source, preview=pulumi.runtime.is_dry_run(), environment=os.environ)
    _warn(*([warning] if warning else []), *reachability_warnings(tenancy))


def _check_read_password(tenancy: Tenancy, password: str | None, source: str) -> None:
    """Check the password of ``identity.membershipCheck``; where a preview has no secrets, only warn.

    Raises:
        InvalidTenancy: it is missing.
        PasswordInvalid: it has a form that only a mistake produces.
    """
    key = f"{NAMESPACE}:{READ_PASSWORD_KEY}"
    fix = f"pulumi config set --secret {key}"
    if password:
        check_password(password, f"the stack's secret {key}", f"set it again with: {fix}")
    elif tenancy.identity.membership_check is not None:
        message = f"is required by {NAMESPACE}:identity.membershipCheck; set it with: {fix}"
        if not pulumi.runtime.is_dry_run():
            raise InvalidTenancy(source, [Problem(key, MISSING, message)])
        _warn(f"{key} {message}")


def _select_crds(tenancy: Tenancy, cluster: ClusterFacts) -> tuple[Crd, ...]:
    if not tenancy.dask.enabled:
        return ()
    selection = select_crds(packaged_crds(), cluster.crds)
    for notice in selection.notices:
        pulumi.log.info(notice)
    return selection.declared


def _report_capacity(tenancy: Tenancy) -> Capacity | None:
    found = compute_capacity(tenancy)
    if found:
        pulumi.log.info(str(found))
        _warn(*found.warnings)
    return found


def _warn(*messages: str) -> None:
    for message in messages:
        pulumi.log.warn(message)
