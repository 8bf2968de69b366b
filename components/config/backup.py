"""The section ``backup``: scheduled backups of the homes and the hub's database in an S3 object store."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from components.config.environment import RESERVED_MESSAGE, SecretKey, raise_problems
from components.config.image import FixedImage
from components.config.object_store import Bucket, Endpoint, Region, endpoint_address
from components.config.problems import HiddenValue
from components.config.reserved_variables import is_secret_reserved
from components.config.section import Section, metadata
from components.config.types import (
    NAME_MESSAGE,
    Certificates,
    KubernetesName,
    Number,
    Text,
    WholeNumber,
    is_kubernetes_name,
)
from components.ownership.backup_secret import ACCESS_KEY, PASSWORD, SECRET_KEY

SECRET_KEYS = (ACCESS_KEY, SECRET_KEY, PASSWORD)
"""Keys of the Secret."""

BACKUP_MESSAGE = "is the Secret of pangeo:backup, and users could read and delete all backups; write another Secret"

IMAGE = "docker.io/restic/restic:0.18.1"
"""The image of restic's own project."""

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 6))
"""The five fields of a schedule, with the smallest and the largest number. Kubernetes has no day 7 of the week."""

MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_PART = re.compile(r"(\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?")


def _prefix(value: str) -> str:
    path = value.strip("/")
    if len(path) > 200 or not _PREFIX.fullmatch(path):
        raise ValueError(
            "is not a folder in the bucket; write letters, digits, dots, dashes and underscores, with slashes between "
            "folders, for example backups/vis"
        )
    return path


def _schedule(value: str) -> str:
    parts = value.split()
    if len(parts) != len(FIELDS):
        raise ValueError("is not a schedule of five fields; write for example 30 1 * * *, which is 1:30 every night")
    for text, (name, least, most) in zip(parts, FIELDS, strict=True):
        for each in text.split(","):
            match = _PART.fullmatch(each)
            numbers = [int(number) for number in (match[2], match[3]) if number] if match else []
            is_valid = match and all(least <= number <= most for number in numbers) and match[4] != "0"
            if not is_valid or numbers != sorted(numbers):
                sunday = " (Sunday is 0)" if most == 6 else ""
                raise ValueError(
                    f"has the {name} {each}; write *, numbers from {least} to {most}{sunday}, ranges such as "
                    f"{least}-{least + 1}, or steps such as */2"
                )
    _, _, days, months, weekdays = parts
    if weekdays == "*" and _is_never(days, months):
        raise ValueError("is a day that no month has, so that there would be no backup; write another one")
    return " ".join(parts)


def _is_never(days: str, months: str) -> bool:
    listed = months.split(",")
    if not all(each.isdecimal() for each in (days, *listed)):
        return False
    return all(int(days) > MONTH_DAYS[int(each) - 1] for each in listed)


def _secret(value: str) -> str:
    if not is_kubernetes_name(value):
        raise HiddenValue(f"{NAME_MESSAGE}, for example pangeo-backup")
    if is_secret_reserved(value):
        raise ValueError(RESERVED_MESSAGE)
    return value


class BackupCredentials(Section):
    """The Secret with the store's access keys and the repository's password."""

    secret: Annotated[Text, AfterValidator(_secret)] = Field(
        description=f"Name of a Secret in the tenancy's namespace with the keys `{ACCESS_KEY}`, `{SECRET_KEY}` and "
        f"`{PASSWORD}`. Keep a copy of the password elsewhere: nobody can read the backups without it",
        examples=["pangeo-backup"],
        json_schema_extra=metadata(names_secrets=True),
    )

    @property
    def secret_keys(self) -> tuple[SecretKey, ...]:
        """The keys that must exist."""
        return tuple(SecretKey(self.secret, each) for each in SECRET_KEYS)


class Keep(Section):
    """The backups of each home, and of the hub's database, that are kept. Those of former homes are kept, too."""

    daily: WholeNumber = Field(14, ge=1, le=3660, description="Number of days of which the last backup is kept")
    weekly: WholeNumber = Field(8, ge=0, le=520, description="Number of weeks of which the last backup is kept")
    monthly: WholeNumber = Field(12, ge=0, le=240, description="Number of months of which the last backup is kept")


class BackupPlace(Section):
    """The keys that name the folder of the backups."""

    endpoint: Endpoint = Field(
        description="URL of the S3 store, which should be in another building than the volumes. Pods of the backup "
        "reach it also at a private address",
        examples=["https://s3.example.org"],
    )
    bucket: Bucket = Field(description="Bucket of the backups, which must exist", examples=["pangeo-backups"])
    prefix: Annotated[str, AfterValidator(_prefix)] | None = Field(
        None,
        description="Folder of the repository in the bucket, one for each tenancy; by default `clusterName`",
        examples=["backups/vis"],
    )

    def place(self, cluster_name: str) -> str:
        """Return the URL of the folder with the repository."""
        return f"{self.endpoint}/{self.bucket}/{self.prefix or cluster_name}"


class Backup(BackupPlace):
    """Scheduled backups of the homes and the hub's database, encrypted, in a repository of restic."""

    region: Region = Field("us-east-1", description="Region of the store")
    credentials: BackupCredentials = Field(
        description="The access keys and the repository's password", examples=[{"secret": "pangeo-backup"}]
    )
    ca_certificate: Certificates | None = Field(
        None,
        description="Certificate of the authority that signed the store's certificate, as PEM; by default the trust "
        "store of the image is used",
        examples=["-----BEGIN CERTIFICATE-----\n..."],
    )
    schedule: Annotated[str, AfterValidator(_schedule)] = Field(
        "30 1 * * *",
        description="Time of the backups in UTC, in the five fields of cron. A run that still runs then is not doubled",
        examples=["0 3 * * *"],
    )
    keep: Keep = Field(default_factory=Keep, description="The backups that are kept")
    archive_former_after_days: WholeNumber | None = Field(
        None,
        ge=30,
        le=3660,
        description="Time without access, as recorded by the hub, after which a run of the backup archives the home of "
        "a former member; by default, only `members archive-home` does. The home stays until that command deletes it",
        examples=[180],
        json_schema_extra=metadata(unit="days"),
    )
    image: FixedImage = Field(
        IMAGE, validate_default=True, description="Container image with `restic` and `sh`, with a tag or digest"
    )
    concurrency: WholeNumber = Field(4, ge=1, le=50, description="Number of homes that are backed up at the same time")
    snapshot_class: KubernetesName | None = Field(
        None,
        description="Existing VolumeSnapshotClass of the driver of the homes, with the deletionPolicy Delete. Homes in "
        "use are then backed up from a snapshot; by default, and where a snapshot fails, from a pod on the node of the "
        "user's server",
        examples=["csi-cinder"],
    )
    snapshot_copy_class: KubernetesName | None = Field(
        None,
        description="Existing storage class of the temporary volumes with a snapshot's content, of the same driver as "
        "the homes, with the reclaimPolicy Delete; by default that of the homes (`storage`)",
        examples=["csi-cinder-sc-delete"],
    )
    ram_gb: Number = Field(
        0.5,
        ge=0.125,
        le=64,
        description="Memory of each pod of the backup. restic needs about 1 GB for 10 TB of backups",
        json_schema_extra=metadata(unit="GB"),
    )
    time_limit_hours: Number = Field(
        20, ge=0.1, le=160, description="Time after which a run is ended", json_schema_extra=metadata(unit="hours")
    )

    @model_validator(mode="after")
    def _check_copy_class(self) -> Self:
        if self.snapshot_copy_class is not None and self.snapshot_class is None:
            message = "has no effect without pangeo:backup.snapshotClass; set it, or leave this key out"
            raise_problems("Backup", [(("snapshotCopyClass",), self.snapshot_copy_class, message)])
        return self

    @property
    def port(self) -> int:
        """Port of the endpoint."""
        return endpoint_address(self.endpoint)[1]

    @property
    def host(self) -> str:
        """Host name or address of the endpoint."""
        return endpoint_address(self.endpoint)[0]
