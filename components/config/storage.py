"""The section ``storage``: the storage classes of home volumes and of the hub's database."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from components.config.section import Section, metadata
from components.config.types import KubernetesName, Text


class StorageClassToCreate(Section):
    """A storage class the program makes for this tenancy. It binds when the first pod needs it."""

    provisioner: Text = Field(
        min_length=1,
        description="CSI driver",
        examples=["cinder.csi.openstack.org"],
        json_schema_extra=metadata(updates="no"),
    )
    parameters: dict[str, Text] = Field(
        default_factory=dict,
        description="The driver's own parameters",
        examples=[{"type": "ssd"}],
        json_schema_extra=metadata(updates="no"),
    )
    reclaim_policy: Literal["Retain", "Delete"] = Field(
        "Retain",
        description="What becomes of a volume whose claim is deleted",
        json_schema_extra=metadata(updates="no"),
    )
    allow_volume_expansion: bool = Field(
        True,
        description="Whether volumes can grow, which `notebookStorageGb` needs to reach users who already have one",
    )


class Storage(Section):
    """Where users' homes and the hub's database are kept."""

    class_name: KubernetesName | None = Field(
        None,
        description="Storage class of users' homes that exists already; without this and `create`, the cluster's "
        "default class",
        examples=["csi-cinder-sc-retain"],
        json_schema_extra=metadata(updates="no"),
    )
    create: StorageClassToCreate | None = Field(
        None,
        description="Storage class to make for users' homes",
        json_schema_extra=metadata(updates="no"),
    )
    hub_database_class: KubernetesName | None = Field(
        None,
        description="Storage class of the hub's database, a block volume; left out, the same as the homes'",
        examples=["csi-cinder-sc-retain"],
        json_schema_extra=metadata(updates="no"),
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """A class exists already or is made, not both."""
        if "class_name" in given and "create" in given:
            yield "create", "excludes className; leave one of them out"
