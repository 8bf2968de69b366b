"""A secret as a file, for programs that take it no other way."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it, readable by its owner alone


@contextmanager
def private_file(text: str) -> Iterator[Path]:
    """A file that its owner alone can read, gone after the block; in memory where the system can do that."""
    with tempfile.TemporaryDirectory(prefix="pangeo-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        file = Path(folder) / "secret"
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        yield file
