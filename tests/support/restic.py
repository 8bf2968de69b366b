"""A real repository of restic, with snapshots as the scheduled backup makes them."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.in_backup.repository import DATABASE, home_tags
from tests.support.waiting import LIMIT_SECONDS

HOST = "vis"
USER_ID = "9f2c1b6e-0000-11ef-8000-0242ac110002"


@dataclass(frozen=True)
class Repository:
    """A repository, and the folders from which it was made."""

    folder: Path
    host: str = HOST
    """The tenancy's name in snapshots."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Variables of a repository that is not in the folder."""
    authority: Path | None = None
    """The certificate of the authority of its store."""

    @property
    def variables(self) -> dict[str, str]:
        """The variables with which restic finds it."""
        return {
            "PATH": os.environ["PATH"],
            "RESTIC_REPOSITORY": str(self.folder / "repository"),
            "RESTIC_PASSWORD": "of the tests",
            "RESTIC_CACHE_DIR": str(self.folder / "cache"),
            **self.others,
        }

    @property
    def words(self) -> list[str]:
        """The program with its general options."""
        return ["restic", *([f"--cacert={self.authority}"] if self.authority else [])]

    def restic(self, *arguments: str) -> str:
        """Run restic, and return its output."""
        done = subprocess.run(
            [*self.words, *arguments],
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def back_up_home(self, user: str, home: Path, user_id: str = USER_ID) -> str:
        """Back a folder up as the home of a user; return the snapshot's id."""
        return self._back_up(home, f"/homes/{user}", home_tags(user, user_id, f"claim-{user}", 1))

    def back_up_database(self, folder: Path) -> str:
        """Back the folder with the hub's database up; return the snapshot's id."""
        return self._back_up(folder, "/hub", [DATABASE], "/jupyterhub.sqlite")

    def snapshots(self) -> list[dict[str, Any]]:
        """Return restic's list."""
        found: list[dict[str, Any]] = json.loads(self.restic("snapshots", "--json"))
        return found

    def _back_up(self, folder: Path, path: str, tags: Sequence[str], file: str = "") -> str:
        # In a mount namespace of its own, so that the folder has the path that it has in the backup's pods.
        words = [f"--tag={tag}" for tag in tags]
        script = (
            'set -e; top="/$(echo "$2" | cut -d/ -f2)"; mkdir -p "$top"; mount -t tmpfs none "$top"; mkdir -p "$2"; '
            'mount --bind "$1" "$2"; shift 2; exec "$@"'
        )
        arguments = [*self.words, "backup", "--json", f"--host={self.host}", *words, path + file]
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, "sh", str(folder), path, *arguments],
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout.splitlines()[-1])["snapshot_id"])


def create_repository(folder: Path, host: str = HOST) -> Repository:
    """Create an empty repository."""
    created = Repository(folder, host)
    created.restic("init")
    return created
