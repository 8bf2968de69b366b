from typing import Any

from components.in_hub.smallest_choice import find_smallest

GPU: dict[str, Any] = {"extra_resource_limits": {"nvidia.com/gpu": "1"}}


def profile(slug: str, sizes: dict[str, dict[str, Any]] | None = None, **overrides: Any) -> dict[str, Any]:
    options = {"size": {"choices": {name: {"kubespawner_override": each} for name, each in (sizes or {}).items()}}}
    return {"slug": slug, "kubespawner_override": overrides, **({"profile_options": options} if sizes else {})}


def test_nothing_is_chosen_without_profiles() -> None:
    assert find_smallest([], 1, "2G") == {}


def test_profile_without_settings_has_the_usual_size() -> None:
    profiles = [profile("large", cpu_limit=4), profile("usual"), profile("small", cpu_limit=0.5)]

    assert find_smallest(profiles, 1, 2 * 1024**3) == {"profile": "small"}
    assert find_smallest(profiles[:2], 1, 2 * 1024**3) == {"profile": "usual"}


def test_less_memory_decides_between_the_same_cpus() -> None:
    profiles = [profile("a", mem_limit="1.5G"), profile("b", mem_limit="900M"), profile("c")]

    assert find_smallest(profiles, 1, 2 * 1024**3) == {"profile": "b"}


def test_smallest_size_of_a_profile_is_chosen() -> None:
    sizes = {"large": {"cpu_limit": 8}, "small": {"cpu_limit": 1}}

    assert find_smallest([profile("any", sizes, cpu_limit=2)], 2, "4G") == {"profile": "any", "size": "small"}


def test_gpus_are_left_to_those_who_need_them() -> None:
    profiles = [profile("gpu", cpu_limit=0.5, **GPU), profile("cpu", cpu_limit=4)]

    assert find_smallest(profiles, 1, "1G") == {"profile": "cpu"}
