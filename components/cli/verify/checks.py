"""All checks of ``verify``, in the order of its table."""

from components.cli.verify.check import Check

CHECKS: tuple[Check, ...] = ()
