"""A digest of everything from which Helm renders the chart.

It is an input of the Helm release: Pulumi upgrades a release of a local chart only if an input or the chart's version
changes. The digest depends on contents only: the same checkout has the same digest everywhere.
"""

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from components.chart.ignore import IgnoreRules

ARCHIVES = "charts/"
"""Folder of the archives of the charts on which the chart depends."""

_GENERATED = re.compile(rb"^generated:.*\n?", re.MULTILINE)
"""Time at which ``helm dependency update`` wrote ``Chart.lock``."""


def chart_digest(chart: Path) -> str:
    """Return the digest of the chart in a folder, with the charts on which it depends."""
    return digest_files(read_chart(chart))


def source_digest(chart: Path) -> str:
    """Return the digest of the chart without the archives in ``charts/``, which are not in the repository.

    ``Chart.lock`` names their versions.
    """
    files = read_chart(chart)
    return digest_files({path: content for path, content in files.items() if not path.startswith(ARCHIVES)})


def read_chart(chart: Path) -> dict[str, bytes]:
    """Return the content of each file that Helm loads, by its path inside the chart."""
    ignored = chart / ".helmignore"
    rules = IgnoreRules.parse(ignored.read_text(encoding="utf-8") if ignored.is_file() else "")
    files: dict[str, bytes] = {}
    for folder, _, names in os.walk(chart, followlinks=True):
        for name in names:
            file = Path(folder, name)
            path = file.relative_to(chart).as_posix()
            if not rules.ignores(path) and not _is_skipped(path):
                files[path] = file.read_bytes()
    return files


def digest_files(files: Mapping[str, bytes]) -> str:
    """Return the digest of files by their paths, independent of their order, modes, times and line ends."""
    digest = hashlib.sha256()
    for path, content in sorted(_contents(files)):
        # The lengths separate the parts from each other.
        digest.update(f"{len(path.encode())} {len(content)} {path}".encode())
        digest.update(content)
    return digest.hexdigest()


def _contents(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for path, content in files.items():
        if path == "Chart.lock":
            yield path, _GENERATED.sub(b"", _normalise(content))
        elif path.startswith(ARCHIVES) and path.endswith(".tgz"):
            yield from _archived_files(path, content)
        else:
            yield path, _normalise(content)


def _normalise(content: bytes) -> bytes:
    """Return a text with the line ends of the repository; git may check it out with others."""
    return content if b"\0" in content else content.replace(b"\r\n", b"\n")


def _archived_files(path: str, archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files in an archive: archives of the same files differ in times, order and compression."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            for member in packed:
                opened = packed.extractfile(member) if member.isfile() else None
                if opened:
                    yield f"{path}/{member.name}", opened.read()
    except (tarfile.TarError, EOFError, OSError):
        yield path, archive  # Helm will report that it is no archive


def _is_skipped(path: str) -> bool:
    """Return whether Helm skips a file although no rule ignores it: a file in ``charts/`` that is not a chart."""
    if not path.startswith(ARCHIVES):
        return False
    name, _, inside = path.removeprefix(ARCHIVES).partition("/")
    return name[0] in "_." or not (inside or name.endswith(".tgz"))
