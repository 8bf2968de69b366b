"""The repository of a tenancy's backups. Pure."""

from components.config.backup import Backup
from components.config.tenancy import Tenancy
from components.in_backup.repository import Repository


def repository(tenancy: Tenancy, backup: Backup) -> Repository:
    """Return the repository that the section ``backup`` names.

    Args:
        tenancy: the tenancy.
        backup: its section ``backup``.
    """
    return Repository(
        url=f"s3:{backup.place(tenancy.cluster_name)}",
        region=backup.region,
        host=tenancy.cluster_name,
        secret=backup.credentials.secret,
        ca_certificate=backup.ca_certificate,
    )
