"""Descriptions of the model's fields, as the reference and ``Pulumi.yaml`` show them."""

from collections.abc import Iterator

from pydantic.fields import FieldInfo

from components.config.problems import NAMESPACE, PASSWORD_KEY, READ_PASSWORD_KEY
from components.config.schema import field_metadata
from components.config.section import Section
from components.freeipa.errors import PASSWORD_VARIABLE

PASSWORD_DESCRIPTION = (
    f"Password of `identity.bindDn`, encrypted: `pulumi config set --secret {NAMESPACE}:{PASSWORD_KEY}`. "
    f"Alternatively, set the environment variable `{PASSWORD_VARIABLE}`; the password is then not stored at all"
)
"""Description of the bind password's key, which is in no model."""

READ_PASSWORD_DESCRIPTION = (
    "Password of `identity.membershipCheck.bindDn`, encrypted: "
    f"`pulumi config set --secret {NAMESPACE}:{READ_PASSWORD_KEY}`. It is in the cluster too, in the Secret "
    "`pangeo-secrets` and in the hub's pod, so the account must not be able to change anything"
)
"""Description of the read-only account's password."""


def list_fields(section: type[Section]) -> Iterator[tuple[str, FieldInfo]]:
    """Keys of a section as a stack file spells them, each with its field."""
    for name, field in section.model_fields.items():
        yield field.alias or name, field


def describe(field: FieldInfo) -> str:
    """Meaning of a field, with the unit and the bounds of a number: ``Memory of a node (GB, above 0)``."""
    words = {"gt": "above", "ge": "at least", "le": "at most"}
    bounds = [
        f"{word} {bound:.12g}" for operator, word in words.items() if (bound := _bound(field, operator)) is not None
    ]
    unit = field_metadata(field, "unit")
    details = ", ".join([*([str(unit)] if unit else []), *bounds])
    return f"{field.description} ({details})" if details else str(field.description)


def _bound(field: FieldInfo, operator: str) -> float | None:
    return next((getattr(rule, operator) for rule in field.metadata if hasattr(rule, operator)), None)
