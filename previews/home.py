"""Pulumi's home for an engine that is to keep no log of its own.

An engine logs everything it is told, compressed and encrypted, and has no option that it should not
(https://github.com/pulumi/pulumi, pkg/logging/encrypted.go, v3.259.0). For one preview of a tenancy that is a third of
the engine's CPU seconds and 2 MB on disk. Where it cannot make the folder ``logs`` in its home, it goes on without.
"""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

HOME_VARIABLE = "PULUMI_HOME"
LOGS = "logs"
KEPT_FOLDERS = ("plugins", "workspaces")
"""What an engine adds to, made beforehand so that it adds to the real ones."""


def pulumi_home(environment: Mapping[str, str]) -> Path:
    """Where an engine keeps its plugins and its log-in."""
    return Path(environment.get(HOME_VARIABLE) or Path.home() / ".pulumi")


@contextlib.contextmanager
def home_without_log(real: Path) -> Iterator[Path]:
    """A home with all that ``real`` has except its logs, gone after the block; no other user can enter it."""
    for name in KEPT_FOLDERS:
        (real / name).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="previews-") as name:
        home = Path(name)
        for entry in real.iterdir():
            if entry.name != LOGS:
                (home / entry.name).symlink_to(entry.resolve())
        (home / LOGS).touch()  # where the engine wants a folder
        yield home
