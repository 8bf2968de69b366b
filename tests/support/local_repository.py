"""The local tenancy's repositories of backups in its object store, used from this machine."""

from pathlib import Path

from local import object_store
from local.object_store.endpoint import BACKUP, REPOSITORY, SECTION
from local.paths import State
from local.tenancy import credentials, engine, pki
from tests.support.restic import Repository


def local_repository(state: State, folder: Path, prefix: str) -> Repository:
    """Return the repository with this prefix in the bucket, which may not exist yet.

    Args:
        state: the local tenancy's state folder.
        folder: a folder for restic's cache.
        prefix: the prefix; that of the scheduled backup is the tenancy's name.
    """
    variables = {
        "RESTIC_REPOSITORY": f"s3:{object_store.TENANCY.url}/{object_store.BUCKET}/{prefix}",
        "RESTIC_PASSWORD": credentials.password(state, SECTION, REPOSITORY),
        "AWS_ACCESS_KEY_ID": BACKUP,
        "AWS_SECRET_ACCESS_KEY": credentials.password(state, SECTION, BACKUP),
        "AWS_DEFAULT_REGION": object_store.REGION,
    }
    return Repository(folder, engine.STACK, variables, pki.authority(state, "tenancy").crt)
