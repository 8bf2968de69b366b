"""What the machine is and how busy: figures of a loaded machine say little, and their reader must see it."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("pulumi", "pulumi-kubernetes", "pydantic", "grpcio")


def facts() -> dict[str, Any]:
    """Processor, memory, system, versions, and the load of the last minute."""
    return {
        "processor": _of("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memoryGiB": round(int(_of("/proc/meminfo", "MemTotal").split()[0]) / 1024**2, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "loadOfLastMinute": round(os.getloadavg()[0], 2),
    }


def _of(file: str, key: str) -> str:
    lines = Path(file).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "unknown")
