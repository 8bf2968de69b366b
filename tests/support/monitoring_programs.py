"""Debian's Prometheus and Alertmanager.

The packages are unpacked, not installed: an installation would start services that other machines can reach.
"""

import shutil
import subprocess
from pathlib import Path

from local.host import stamps
from local.host.locks import lock_file
from local.paths import State

PACKAGES = ("prometheus", "prometheus-alertmanager")
STAMP = "tests-monitoring-programs"
DOWNLOAD_SECONDS = 600


def monitoring_programs() -> Path:
    """Return the folder of ``prometheus``, ``promtool`` and ``prometheus-alertmanager``, downloaded once.

    Several test processes may call this at once: one of them downloads the packages.
    """
    state = State()
    folder = state.root / "tests" / "monitoring"
    made_from = stamps.digest(texts=PACKAGES)
    with lock_file(folder.with_suffix(".lock")):
        if not stamps.is_done(state, STAMP, made_from):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            if not _download(folder):
                subprocess.run(["apt-get", "--quiet", "update"], check=True, timeout=DOWNLOAD_SECONDS)
                assert _download(folder), f"apt-get cannot download {' and '.join(PACKAGES)}"
            for archive in folder.glob("*.deb"):
                subprocess.run(["dpkg-deb", "--extract", archive, folder], check=True, timeout=DOWNLOAD_SECONDS)
                archive.unlink()
            stamps.mark_done(state, STAMP, made_from)
    return folder / "usr" / "bin"


def _download(folder: Path) -> bool:
    command = ["apt-get", "--quiet", "download", *PACKAGES]
    done = subprocess.run(command, cwd=folder, timeout=DOWNLOAD_SECONDS, check=False, capture_output=True)
    return done.returncode == 0
