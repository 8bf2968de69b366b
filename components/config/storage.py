"""The section ``storage``: the storage classes of home volumes and of the hub's database."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from components.config.section import Section, metadata
from components.config.types import MAX_STORAGE_GB, KubernetesName, Text, WholeNumber

DEFAULT_DATABASE_GB = 1
"""Size of the volume of the hub's database in stack files without the key."""


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
        description="Whether volumes can grow; existing volumes follow `notebookStorageGb`, `sizes` and "
        "`hubDatabaseGb` only if they can",
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
    hub_database_gb: WholeNumber = Field(
        DEFAULT_DATABASE_GB,
        ge=DEFAULT_DATABASE_GB,
        le=MAX_STORAGE_GB,
        exclude_if=lambda size: size == DEFAULT_DATABASE_GB,
        description="Size of the volume for the hub's database and its record of usage. An existing volume grows with "
        "the next `pulumi up`, if its storage class allows expansion",
        examples=[5],
        json_schema_extra=metadata(unit="GB", updates="grow only"),
    )

    @classmethod
    def find_contradictions(cls, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Allow an existing class or one to create, not both."""
        if "class_name" in given and "create" in given:
            yield "create", "must not be set together with className; remove one of them"
