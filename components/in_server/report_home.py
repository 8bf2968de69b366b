"""Report the use of the user's home to the hub, while the server runs. Needs only Python's standard library.

It runs with the lowest priority. A home with a file system of its own needs one system call; only for others are the
sizes of the files added up, with a pause after each folder, and at most once an hour.
"""

import http.client
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

REPORT_SECONDS = 600.0
"""Interval of the reports."""

WALK_SECONDS = 3600.0
"""Interval of additions of all files' sizes; longer if one takes more than a tenth of it."""

PAUSE_SECONDS = 0.005
"""Pause after each folder."""

REQUEST_SECONDS = 30.0
REFUSED = (401, 403, 404)
"""Status codes after which there are no further reports: the hub observes nothing any more, or the server ends."""


def main() -> None:
    """Report until the hub refuses it."""
    home, path = sys.argv[1:]
    os.nice(19)
    while True:
        seconds = REPORT_SECONDS
        try:
            found = os.statvfs(home)
            used = (found.f_blocks - found.f_bfree) * found.f_frsize
            if send(path, {"size": found.f_blocks * found.f_frsize, "used": used}):
                began = time.monotonic()
                size = find_size(home)
                seconds = max(WALK_SECONDS, 10 * (time.monotonic() - began))
                send(path, {"files": size})
        except PermissionError:
            return
        except (OSError, ValueError, http.client.HTTPException):
            pass  # the hub restarts, or the volume does not answer: the next report tries again
        time.sleep(seconds)


def send(path: str, report: dict[str, int]) -> bool:
    """Send a report without a proxy; return whether the hub wants the sizes of the files.

    Raises:
        PermissionError: the hub refuses reports.
        OSError, HTTPException, ValueError: the hub did not answer, or in another form.
    """
    hub = urlsplit(os.environ["JUPYTERHUB_API_URL"])
    kind = http.client.HTTPSConnection if hub.scheme == "https" else http.client.HTTPConnection
    connection = kind(hub.netloc, timeout=REQUEST_SECONDS)
    try:
        headers = {"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]}
        connection.request("POST", hub.path.removesuffix("/api") + path, json.dumps(report), headers)
        answer = connection.getresponse()
        if answer.status in REFUSED:
            raise PermissionError(answer.status)
        return answer.status == 200 and json.load(answer)["addFiles"] is True
    finally:
        connection.close()


def find_size(home: str) -> int:
    """Return the bytes that the files of the home use, without other volumes that are mounted in it."""
    try:
        return int(os.getxattr(home, "ceph.dir.rbytes"))  # CephFS knows the size of each folder
    except OSError:
        pass
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    mounted = frozenset(line.split()[4].replace("\\040", " ") for line in mounts)
    return sum(file_sizes(home, mounted))


def file_sizes(folder: str, mounted: frozenset[str]) -> Iterator[int]:
    """Yield the bytes on the disk of each file and folder below, without following links."""
    folders = [folder]
    while folders:
        time.sleep(PAUSE_SECONDS)
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    try:
                        yield entry.stat(follow_symlinks=False).st_blocks * 512
                        if entry.is_dir(follow_symlinks=False) and entry.path not in mounted:
                            folders.append(entry.path)
                    except OSError:
                        continue  # it was deleted meanwhile
        except OSError:
            continue


if __name__ == "__main__":
    main()
