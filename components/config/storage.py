"""The section ``storage``: the storage classes of home volumes and of the hub's database."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from components.config.section import Section, metadata
from components.config.types import KubernetesName, Text


class StorageClassToCreate(Section):
    """A storage class that the program creates for this tenancy. Volumes are bound when the first pod needs them."""

    provisioner: Text = Field(
        min_length=1,
        description="CSI driver",
        examples=["cinder.csi.openstack.org"],
        json_schema_extra=metadata(updates="no"),
    )
    parameters: dict[str, Text] = Field(
        default_factory=dict,
        description="Parameters of the driver",
        examples=[{"type": "ssd"}],
        json_schema_extra=metadata(updates="no"),
    )
    reclaim_policy: Literal["Retain", "Delete"] = Field(
        "Retain",
        description="What happens to a volume whose claim is deleted",
        json_schema_extra=metadata(updates="no"),
    )
    allow_volume_expansion: bool = Field(
        True,
        description="Whether volumes can grow; existing home volumes follow `notebookStorageGb` only if they can",
    )


class Storage(Section):
    """Storage classes of the home volumes and of the hub's database."""

    class_name: KubernetesName | None = Field(
        None,
        description="Existing storage class for home volumes; without this key and `create`, the cluster's default "
        "class is used",
        examples=["csi-cinder-sc-retain"],
        json_schema_extra=metadata(updates="no"),
    )
    create: StorageClassToCreate | None = Field(
        None,
        description="Storage class to create for home volumes",
        examples=[{"provisioner": "cinder.csi.openstack.org"}],
        json_schema_extra=metadata(updates="no"),
    )
    hub_database_class: KubernetesName | None = Field(
        None,
        description="Existing storage class, of block volumes, for the hub's database; by default that of the home "
        "volumes",
        examples=["csi-cinder-sc-retain"],
        json_schema_extra=metadata(updates="no"),
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Allow an existing class or one to create, not both."""
        if "class_name" in given and "create" in given:
            yield "create", "must not be set together with className; remove one of them"
