"""Stacks of one project for previews: the deployed stack ``local``, and clones of it under other names.

Each clone has the settings and the state of the deployed tenancy: its preview does the same work and finds no changes.
The baseline is a project with an empty program.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from components.config.stack_file import STACKS, stack_path
from local.failure import Failure
from local.paths import PROJECT, State
from local.tenancy import engine
from local.tenancy.engine_environment import engine_environment

PROGRAM = ("Pulumi.yaml", "__main__.py", "components", "policies")


@dataclass(frozen=True)
class Clones:
    """Workspaces of the project and of the empty project, with a common backend."""

    tenancies: Path
    empty: Path
    names: tuple[str, ...]
    """The names of the clones' stacks."""
    empty_name: str
    variables: dict[str, str]


@contextmanager
def clones(state: State, count: int) -> Iterator[Clones]:
    """Provide ``count`` clones of the deployed stack; they are removed afterwards.

    Raises:
        Failure: the local tenancy is not deployed.
    """
    deployed = state.engine / "workspace"
    states = sorted((state.engine / "backend").rglob(f".pulumi/stacks/*/{engine.STACK}.json"))
    if not states:
        raise Failure("the local tenancy is not deployed: there is no state to clone", fix="run make up")
    stack_file = stack_path(engine.STACK, deployed / STACKS).read_text()
    salt = yaml.safe_load(stack_file)["encryptionsalt"]
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        backend = folder / "backend" / ".pulumi"
        (backend / "stacks" / "pangeo").mkdir(parents=True)
        (backend / "meta.yaml").write_text("version: 1\n")
        tenancies = folder / "tenancies"
        (tenancies / "stacks").mkdir(parents=True)
        for part in PROGRAM:
            (tenancies / part).symlink_to(PROJECT / part)
        (tenancies / "chart").symlink_to((deployed / "chart").resolve())
        # The first keeps its name, because a policy refuses a stack that uses the names of another stack file.
        names = (engine.STACK, *(f"clone-{number:03d}" for number in range(1, count)))
        for clone in names:
            stack_path(clone, tenancies / STACKS).write_text(stack_file)
            (backend / "stacks" / "pangeo" / f"{clone}.json").write_text(_rename(states[0].read_text(), clone))
        empty = folder / "empty"
        (empty / "stacks").mkdir(parents=True)
        (empty / "Pulumi.yaml").write_text("name: empty\nruntime: python\nstackConfigDir: stacks\n")
        (empty / "stacks" / "Pulumi.nothing.yaml").write_text(f"encryptionsalt: {salt}\n")
        (backend / "stacks" / "empty").mkdir()
        (backend / "stacks" / "empty" / "nothing.json").write_text(_empty(states[0].read_text(), "nothing"))
        variables = {
            **engine_environment(state),
            "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
        }
        yield Clones(tenancies, empty, names, "nothing", variables)


def _rename(text: str, clone: str) -> str:
    for old, new in (
        (f"urn:pulumi:{engine.STACK}::", f"urn:pulumi:{clone}::"),
        (f'::pangeo-{engine.STACK}"', f'::pangeo-{clone}"'),
        (f"organization/pangeo/{engine.STACK}", f"organization/pangeo/{clone}"),
    ):
        text = text.replace(old, new)
    return text


def _empty(text: str, name: str) -> str:
    """Return the state of a stack without resources."""
    document = json.loads(text.replace("organization/pangeo/local", f"organization/empty/{name}"))
    latest = document["checkpoint"]["latest"]
    (root,) = (each for each in latest["resources"] if each["type"] == "pulumi:pulumi:Stack")
    urn = f"urn:pulumi:{name}::empty::pulumi:pulumi:Stack::empty-{name}"
    latest["resources"] = [{**root, "urn": urn, "outputs": {}}]
    return json.dumps(document)
