"""Mount points below a folder."""

import re
from collections.abc import Iterable
from pathlib import Path


def mounted_below(mountinfo: str, roots: Iterable[Path]) -> list[Path]:
    """Mount points at or below ``roots`` in the text of proc(5) ``mountinfo``, the most recent first."""
    targets = [_unescape(line.split()[4]) for line in mountinfo.splitlines()]
    folders = [root.resolve() for root in roots]
    return [target for target in reversed(targets) if any(target == root or root in target.parents for root in folders)]


def _unescape(field: str) -> Path:
    return Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), field))
