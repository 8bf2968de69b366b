"""Checking tenancies without the engine: their files, the values they make, the policies on what they declare."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pulumi
import yaml

from bench.measurements import Growth
from components.config.collisions import find_collisions
from components.config.stack_file import read_stack
from components.config.tenancy import Tenancy
from components.pangeo_cluster import PangeoCluster
from local.paths import PROJECT
from policies.rule import Context, Resource
from policies.rules import RULES

SIZES = (1, 10, 50, 100, 200)
AT_MOST = (100, 10.0)
MODEL = PROJECT / "stacks" / "Pulumi.local.yaml"
RANDOM = "random:index/randomBytes:RandomBytes"
BESIDE_EACH_OTHER = "unique-names"
"""The rule that compares a stack with every other file, for one stack alone; for all together it is `collisions`."""

Config = Mapping[str, str]
"""A stack's configuration as the engine hands it over."""


class NotGood(Exception):
    """A tenancy that must be good is not."""


def checking(repetitions: int, sizes: tuple[int, ...] = SIZES) -> Growth:
    """Seconds to check N tenancies: file, values and policies each, then all against each other.

    Raises:
        NotGood: one of them is refused.
    """
    points = {}
    for size in sizes:
        with TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            configs = write_stacks(folder, size)
            points[size] = tuple(_timed(configs) for _ in range(repetitions))
    return Growth(
        name="checking",
        description="config, values and policies of N tenancies, no engine",
        size="tenancies",
        points=points,
        limit=AT_MOST if AT_MOST[0] in points else None,
        notes=("in one process that has imported everything; most of it is pulumi's SDK that registers resources",),
    )


def write_stacks(folder: Path, count: int) -> dict[Path, Config]:
    """``count`` stack files that differ in what no two tenancies may share, and what each says."""
    document = yaml.safe_load(MODEL.read_text())
    written: dict[Path, Config] = {}
    for number in range(count):
        config = document["config"] | {
            "pangeo:clusterName": f"tenancy-{number}",
            "pangeo:externalIp": f"192.0.{number // 250}.{number % 250 + 1}",
        }
        path = folder / f"Pulumi.tenancy-{number}.yaml"
        path.write_text(yaml.safe_dump({"config": config}))
        written[path] = {key: each if isinstance(each, str) else json.dumps(each) for key, each in config.items()}
    return written


def _timed(configs: Mapping[Path, Config]) -> float:
    started = time.perf_counter()
    tenancies = {path: read_stack(path) for path in configs}
    clashes = [str(clash) for clash in find_collisions({str(path): tenancy for path, tenancy in tenancies.items()})]
    if clashes:
        raise NotGood("\n".join(clashes[:5]))
    for path, tenancy in tenancies.items():
        # What a policy refuses is not counted: the local tenancy's images are from no registry.
        sum(1 for _ in refusals(path.stem.removeprefix("Pulumi."), tenancy, configs[path]))
    return time.perf_counter() - started


def refusals(stack: str, tenancy: Tenancy, config: Config) -> Iterator[str | tuple[str, str]]:
    """What the policies say of all that the component declares for a tenancy, its chart values among it."""
    resources = declared(tenancy)
    for rule in RULES:
        context = Context(stack, config, rule.defaults)
        for resource in resources if rule.find else ():
            if rule.find and rule.is_about(resource):
                yield from rule.find(resource, context)
        if rule.find_in_stack and rule.id != BESIDE_EACH_OTHER:
            yield from rule.find_in_stack(resources, context)


def declared(tenancy: Tenancy) -> list[Resource]:
    """Every resource of a tenancy, by the component itself, without an engine."""
    found: list[Resource] = []

    class Keep(pulumi.runtime.Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
            answered = {"hex": "0f" * 32} if args.typ == RANDOM else {}
            found.append(Resource(type=args.typ, name=args.name, props={**_open(args.inputs), **answered}))
            return f"{args.name}-id", answered  # of nothing else does the component ask an output

        def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
            raise NotGood(f"the component calls {args.token}")

    pulumi.runtime.set_mocks(Keep(), project="pangeo", stack="bench")

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[str]:
        return PangeoCluster("pangeo", tenancy).url

    try:
        program()
    finally:
        pulumi.runtime.settings.reset_options()
    return found


def _open(value: object) -> Any:  # noqa: ANN401 - JSON
    """The value with secrets opened, as a policy sees it."""
    value = pulumi.runtime.rpc.unwrap_rpc_secret(value)
    if isinstance(value, dict):
        return {key: _open(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_open(inner) for inner in value]
    return value
