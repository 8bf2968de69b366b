"""Contexts for checks of ``verify`` without a hub."""

from datetime import UTC, datetime

from components.cli.diagnose.checks import CheckEnvironment
from components.cli.verify.context import Context
from tests.support.tenancies import tenancy


def context(limit_seconds: float = 30.0) -> Context:
    return Context(tenancy(), "vis", CheckEnvironment({}, datetime.now(UTC)), limit_seconds)
