"""Checking tenancies without the engine: their files, the values they make, the policies on what they declare."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pulumi
import yaml

from bench.measure import Growth
from components.chart_values import chart_values
from components.check import collisions
from components.hub_secrets import HubSecrets
from components.pangeo_cluster import PangeoCluster
from components.stack_file import read_stack
from components.tenancy import Tenancy
from local.paths import PROJECT
from policies.rule import Context, Resource
from policies.rules import RULES

SIZES = (1, 10, 50, 100, 200)
AT_MOST = (100, 10.0)
SECRETS = HubSecrets(proxy_token="0f", cookie_secret="0f", crypt_key="0f", gateway_token="0f")  # noqa: S106 - no secret
MODEL = PROJECT / "stacks" / "Pulumi.local.yaml"


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
            write_stacks(folder, size)
            points[size] = tuple(_timed(folder) for _ in range(repetitions))
    return Growth(
        name="checking",
        what="config, values and policies of N tenancies, no engine",
        size="tenancies",
        points=points,
        at_most=AT_MOST if AT_MOST[0] in points else None,
        notes=("in one process that has imported everything",),
    )


def write_stacks(folder: Path, count: int) -> None:
    """``count`` stack files that differ in what no two tenancies may share."""
    document = yaml.safe_load(MODEL.read_text())
    for number in range(count):
        config = document["config"] | {
            "pangeo:clusterName": f"tenancy-{number}",
            "pangeo:externalIp": f"192.0.{number // 250}.{number % 250 + 1}",
        }
        (folder / f"Pulumi.tenancy-{number}.yaml").write_text(yaml.safe_dump({"config": config}))


def _timed(folder: Path) -> float:
    started = time.perf_counter()
    tenancies = {str(path): read_stack(path) for path in sorted(folder.glob("Pulumi.*.yaml"))}
    clashes = [str(clash) for clash in collisions(tenancies)]
    if clashes:
        raise NotGood("\n".join(clashes[:5]))
    for source, tenancy in tenancies.items():
        chart_values(tenancy, SECRETS, tenancy.release)
        # What a policy refuses is not counted: the local tenancy's images are from no registry.
        sum(1 for _ in refusals(Path(source).stem.removeprefix("Pulumi."), tenancy))
    return time.perf_counter() - started


def refusals(stack: str, tenancy: Tenancy) -> Iterator[str]:
    """What the policies say of all that the component declares for a tenancy."""
    context = Context(stack=stack, config={})
    for resource in declared(tenancy):
        for rule in RULES:
            if rule.find and rule.is_about(resource):
                yield from rule.find(resource, Context(stack, context.config, rule.defaults))


def declared(tenancy: Tenancy) -> list[Resource]:
    """Every resource of a tenancy, by the component itself, without an engine."""
    found: list[Resource] = []

    class Keep(pulumi.runtime.Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
            found.append(Resource(type=args.typ, name=args.name, props=_open(args.inputs)))
            hexadecimal = {"hex": "0f" * 32} if re.search("RandomBytes", args.typ) else {}
            return f"{args.name}-id", {**args.inputs, **hexadecimal}

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
