"""Records of finished steps: each holds the digest of the step's inputs, so that it runs again only if they change."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from local.paths import State


def digest(*, files: Iterable[Path] = (), texts: Iterable[str] = ()) -> str:
    """SHA-256 of the contents of files (folders are walked in name order) and of texts."""
    hasher = hashlib.sha256()
    for path in files:
        found = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".pyc") if path.is_dir() else [path]
        for file in found:
            hasher.update(f"{file.name}\0{file.stat().st_size}\0".encode())
            hasher.update(file.read_bytes())
    for text in texts:
        hasher.update(f"{len(text)}\0{text}".encode())
    return hasher.hexdigest()


def is_done(state: State, name: str, made_from: str) -> bool:
    """Return whether step ``name`` finished with inputs of exactly this digest."""
    stamp = state.stamps / name
    return stamp.is_file() and stamp.read_text() == made_from


def mark_done(state: State, name: str, made_from: str) -> None:
    """Record that step ``name`` finished with inputs of this digest; the record is written atomically."""
    state.stamps.mkdir(parents=True, exist_ok=True)
    partial = state.stamps / f"{name}.partial"
    partial.write_text(made_from)
    partial.replace(state.stamps / name)
