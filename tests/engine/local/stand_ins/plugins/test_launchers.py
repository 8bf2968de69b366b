"""The engine starts Python dynamic providers and policy packs by the launchers, without the official CLI."""

from pathlib import Path

import pulumi
import pulumi_random as random
import pytest
from pulumi import automation as auto

from tests.engine.local.stand_ins.plugins.conftest import Engine

pytestmark = pytest.mark.engine

GREETER = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class GreeterProvider(ResourceProvider):
    def create(self, props):
        return CreateResult(props["name"], {**props, "greeting": f"hello {props['name']}"})

class Greeter(Resource):
    def __init__(self, label, name):
        super().__init__(GreeterProvider(), label, {"name": name, "greeting": None})
"""

PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def long_enough(args, report):
    if args.resource_type == "random:index/randomBytes:RandomBytes" and args.props["length"] < 16:
        report("a token of fewer than 16 bytes can be guessed")

PolicyPack(
    name="tiny",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[ResourceValidationPolicy("token-length", "tokens are long", long_enough)],
)
"""


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """Write a pack with one mandatory policy about random bytes."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "PulumiPolicy.yaml").write_text("runtime: python\nversion: 0.0.1\n")
    (folder / "__main__.py").write_text(PACK)
    return folder


def test_python_dynamic_provider_runs(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    (engine.work_dir / "greeter_of_the_test.py").write_text(GREETER)
    monkeypatch.syspath_prepend(str(engine.work_dir))

    def program() -> None:
        from greeter_of_the_test import Greeter  # type: ignore[import-not-found]

        Greeter("greeter", "world")

    engine.declare(program)
    engine.up()
    assert engine.state_of("greeter")["outputs"]["greeting"] == "hello world"
    engine.destroy()


def tokens(length: int) -> None:
    """Declare one token."""
    pulumi.export("token", random.RandomBytes("token", length=length).hex)


def test_mandatory_policy_stops_the_preview(engine: Engine, policies: Path) -> None:
    engine.declare(lambda: tokens(length=8))
    with pytest.raises(auto.CommandError, match="a token of fewer than 16 bytes can be guessed"):
        engine.preview(policy_packs=[str(policies)])


def test_mandatory_policy_accepts_a_valid_resource(engine: Engine, policies: Path) -> None:
    engine.declare(lambda: tokens(length=16))
    assert engine.preview(policy_packs=[str(policies)]) == {"create": 2}
