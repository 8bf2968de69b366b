"""The smallest server that a user can choose. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.in_hub.choices import PROFILE, Profile

SIZE = "size"
"""Key of the option with the sizes of a profile (``components/chart/profiles.py``)."""

UNITS = {"K": 1024.0, "M": 1024.0**2, "G": 1024.0**3, "T": 1024.0**4}
"""JupyterHub's units of memory."""


def find_smallest(profiles: Sequence[Profile], cpus: float | None, memory: float | str | None) -> dict[str, str]:
    """Return the choice with the fewest GPUs, then CPUs, then the least memory; empty without profiles.

    Args:
        profiles: the profiles that the user is offered.
        cpus: CPUs of a server if a profile sets none.
        memory: memory of a server if a profile sets none.
    """
    usual = {"cpu_limit": cpus, "mem_limit": memory}
    found = [(_weight({**usual, **overrides}), choice) for choice, overrides in _choices(profiles)]
    return min(found, key=lambda each: each[0])[1] if found else {}


def _choices(profiles: Sequence[Profile]) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    for profile in profiles:
        choice, overrides = {PROFILE: str(profile["slug"])}, dict(profile.get("kubespawner_override") or {})
        sizes = ((profile.get("profile_options") or {}).get(SIZE) or {}).get("choices") or {}
        for name, size in sizes.items():
            yield {**choice, SIZE: name}, {**overrides, **(size.get("kubespawner_override") or {})}
        if not sizes:
            yield choice, overrides


def _weight(overrides: Mapping[str, Any]) -> tuple[float, float, float]:
    devices = sum(float(count) for count in (overrides.get("extra_resource_limits") or {}).values())
    return devices, float(overrides["cpu_limit"] or 0), _bytes(overrides["mem_limit"] or 0)


def _bytes(memory: float | str) -> float:
    if isinstance(memory, str) and memory[-1:] in UNITS:
        return float(memory[:-1]) * UNITS[memory[-1]]
    return float(memory)
