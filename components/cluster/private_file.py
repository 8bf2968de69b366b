"""Temporary file for a secret, for programs that read it from a file only."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder that only its owner can read is created in it


@contextmanager
def private_file(text: str) -> Iterator[Path]:
    """Give a file that only its owner can read, deleted after the block; in memory where the system supports that."""
    with tempfile.TemporaryDirectory(prefix="pangeo-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        file = Path(folder) / "secret"
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        yield file
