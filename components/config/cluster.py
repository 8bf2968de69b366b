"""The sections ``workers`` and ``kubernetes``: the cluster's nodes, and which cluster it is."""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from components.config.section import Section, metadata
from components.config.types import Number, Text, WholeNumber


class Workers(Section):
    """The cluster's worker nodes as they are, so that the program can tell what fits. It creates none."""

    count: WholeNumber = Field(
        ge=1,
        le=10_000,
        description="How many worker nodes",
        examples=[3],
        json_schema_extra=metadata(unit="nodes"),
    )
    cpus: Number = Field(
        gt=0,
        le=4096,
        description="CPUs of one",
        examples=[8],
        json_schema_extra=metadata(unit="CPUs"),
    )
    ram_gb: Number = Field(
        gt=0,
        le=100_000,
        description="Memory of one",
        examples=[32],
        json_schema_extra=metadata(unit="GB"),
    )
    expected_users: WholeNumber | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Users with a running server at the same time",
        examples=[20],
        json_schema_extra=metadata(unit="users"),
    )


def _not_empty(value: object) -> object:
    return None if value == "" else value


class Kubernetes(Section):
    """Which cluster the tenancy is in."""

    context: Text | None = Field(
        None,
        description="Context in the kubeconfig; left out, its current one",
        examples=["vis@research-cloud"],
    )
    kubeconfig: Annotated[SecretStr | None, BeforeValidator(_not_empty)] = Field(
        None,
        exclude=True,
        description="Content of a kubeconfig file, encrypted (`pulumi config set --secret --path "
        "pangeo:kubernetes.kubeconfig`), or the path of one; left out, the KUBECONFIG of the environment",
        json_schema_extra=metadata(secret=True),
    )
