"""The pods that archive a former member's home. Pure."""

from components.in_backup import scripts
from components.in_backup.pods import Manifest, home_pod, repository_pod
from components.in_backup.repository import ARCHIVED
from components.in_backup.settings import Settings
from components.in_backup.volumes import Volume


def archive_pod(settings: Settings, volume: Volume, seconds: float) -> Manifest:
    """Return the pod that backs a home up for the last time.

    With ``--force``, restic reads also files that seem to be unchanged since the last backup.

    Args:
        settings: the run's settings.
        volume: the home, which no other pod uses.
        seconds: time limit.
    """
    return home_pod(settings, volume, node=None, seconds=seconds, options=["--force", f"--tag={ARCHIVED}"])


def verify_pod(settings: Settings, snapshot: str, seconds: float) -> Manifest:
    """Return the pod that reads all of an archive from the store, and results in its whole id."""
    return repository_pod(settings, "verify-archive", scripts.VERIFY, [snapshot], seconds)


def discard_pod(settings: Settings, snapshot: str, seconds: float) -> Manifest:
    """Return the pod that removes an archive that is incomplete or was not verified from the list of snapshots."""
    return repository_pod(settings, "discard-archive", scripts.EXCLUSIVE, ["forget", snapshot], seconds)
