"""Checks of many tenancies without the engine: their files, their chart values, and the policies."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from bench.measurements import Growth
from components.config.collisions import claims_of, compare_all
from components.config.stack_file import read_stack, stack_name
from components.config.tenancy import Tenancy
from local.paths import PROJECT
from policies.rule import Context
from policies.rules import RULES
from tests.support.declared_resources import declare_resources

SIZES = (1, 10, 50, 100, 200)
LIMIT = (100, 10.0)
"""A number of tenancies, and the seconds that their check may take."""

MODEL = PROJECT / "stacks" / "Pulumi.local.yaml"
COMPARING = ("unique-names", "comparable-names")
"""The rules that compare one stack with every other file; `compare_all` compares all of them at once."""


class CollidingStacks(Exception):
    """Stack files that must have different names do not."""


def measure_checking(repetitions: int, sizes: tuple[int, ...] = SIZES) -> Growth:
    """Measure the seconds to check N tenancies: file, values and policies of each, then collisions between them.

    Raises:
        CollidingStacks: the stack files have names in common.
    """
    points = {}
    for size in sizes:
        with TemporaryDirectory(prefix="bench-") as name:
            paths = write_stacks(Path(name), size)
            points[size] = tuple(_time_checks(paths) for _ in range(repetitions))
    return Growth(
        name="checking",
        description="config, values and policies of N tenancies, no engine",
        size="tenancies",
        points=points,
        limit=LIMIT if LIMIT[0] in points else None,
    )


def write_stacks(folder: Path, count: int) -> list[Path]:
    """Write ``count`` stack files with different names and return their paths."""
    document = yaml.safe_load(MODEL.read_text())
    paths = [folder / f"Pulumi.tenancy-{number}.yaml" for number in range(count)]
    for number, path in enumerate(paths):
        config = document["config"] | {
            "pangeo:clusterName": f"tenancy-{number}",
            "pangeo:externalIp": f"192.0.{number // 250}.{number % 250 + 1}",
        }
        path.write_text(yaml.safe_dump({"config": config}))
    return paths


def _time_checks(paths: list[Path]) -> float:
    started = time.perf_counter()
    tenancies = {path: read_stack(path) for path in paths}
    compared = compare_all({str(path): claims_of(tenancy) for path, tenancy in tenancies.items()})
    collisions = [f"{path}: {each.message}" for path, found in compared.items() for each in found.problems]
    if collisions:
        raise CollidingStacks("\n".join(collisions[:5]))
    for path, tenancy in tenancies.items():
        # Violations are not counted: the local tenancy's images are from no registry.
        sum(1 for _ in find_violations(stack_name(path), tenancy))
    return time.perf_counter() - started


def find_violations(stack: str, tenancy: Tenancy) -> Iterator[str | tuple[str, str]]:
    """Yield the policies' messages on everything that the component declares for a tenancy."""
    resources = declare_resources(tenancy)
    for rule in RULES:
        context = Context(stack, tenancy, rule.defaults)
        for resource in resources if rule.check else ():
            if rule.check and rule.applies_to(resource):
                yield from rule.check(resource, context)
        if rule.check_stack and rule.id not in COMPARING:
            yield from rule.check_stack(resources, context)
