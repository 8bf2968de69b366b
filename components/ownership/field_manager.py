"""The name under which this program sets the fields of objects that outlive a stack.

The Kubernetes provider chooses a random name for each object that it creates. An object that a destroy keeps, or that
several stacks share, would get one more name with every ``up`` that finds it, and all of them would own its fields for
ever. https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
"""

PROVIDER = "pulumi-kubernetes"
"""Beginning of the names that the Kubernetes provider chooses."""

FIELD_MANAGER = f"{PROVIDER}-pangeo"

NAME_ANNOTATION = "pulumi.com/patchFieldManager"
"""Instruction to the provider: the name to use."""

FORCE_ANNOTATION = "pulumi.com/patchForce"
"""Instruction to the provider: overwrite fields that another name owns, such as the random one of an older stack."""


def annotations(field_manager: str = FIELD_MANAGER) -> dict[str, str]:
    """Return the instructions to the provider for one object."""
    return {NAME_ANNOTATION: field_manager, FORCE_ANNOTATION: "true"}
