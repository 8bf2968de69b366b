"""The example notebooks of the image, executed in members' servers and on their Dask clusters."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain

import pytest

from local.images.definitions import PANGEO
from local.paths import State
from tests.support.dask import restart_servers
from tests.support.kernel import Kernel
from tests.support.person import Person

pytestmark = pytest.mark.cluster

EXAMPLES = PANGEO.folder / "examples"
PROGRAM = PANGEO.folder / "run_examples.py"
RUN_SECONDS = 900.0
"""Longest time of all examples of a user. Two processors without other work need less than two minutes."""

SHOWN = {
    "cartopy-map": (2, 0),
    "data-catalogue": (1, 0),
    "geotiff-rasters": (1, 0),
    "interactive-plots": (1, 3),
    "iris-cubes": (2, 0),
    "machine-learning": (1, 0),
    "netcdf-files": (1, 0),
    "xarray-dask-zarr": (3, 0),
}
"""Pictures and interactive plots of each example."""

ON_DASK = ("machine-learning", "xarray-dask-zarr")

SHARES = {
    "alice": ["interactive-plots", "netcdf-files", "xarray-dask-zarr"],
    "bob": ["cartopy-map", "data-catalogue", "geotiff-rasters", "iris-cubes", "machine-learning"],
}
"""The examples that each user executes. Two users at the same time have twice the processors of one."""

PREPARE = """\
import pathlib, subprocess, sys, tempfile
executed = pathlib.Path(tempfile.mkdtemp())
wrong = pathlib.Path(tempfile.mkdtemp())
for name, code in {wrong}.items():
    (wrong / (name + ".py")).write_text("# %%\\n" + code)
def run(*arguments):
    command = [sys.executable, "-c", {program}, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            print(line, end="", flush=True)
        errors = running.stderr.read()
    print("exit code", running.returncode, errors if running.returncode else "")
"""

WRONG = {
    "wrong-result": "x = 1\n# %%\nassert x == 2, 'x is wrong'",
    "blank-picture": "import matplotlib.pyplot as plt\nplt.figure(figsize=(1, 1))\nplt.axis('off')\nplt.show()",
    "no-picture": "print('no picture')",
}
"""Notebooks that must not pass."""


@pytest.fixture(scope="module")
def people() -> dict[str, Person]:
    return restart_servers(State(), *SHARES)


@pytest.fixture(scope="module")
def kernels(people: dict[str, Person]) -> Iterator[dict[str, Kernel]]:
    program = PROGRAM.read_text(encoding="utf-8")
    with ExitStack() as opened:
        found = {}
        for name, person in people.items():
            found[name] = opened.enter_context(Kernel(person))
            found[name].run(PREPARE.format(program=repr(program), wrong=repr(WRONG)))
        yield found


def test_every_example_is_executed_by_one_user() -> None:
    names = sorted(file.stem for file in EXAMPLES.glob("*.py"))

    assert names == sorted(SHOWN) == sorted(chain(*SHARES.values()))


def test_examples_are_shown_and_cannot_be_changed(people: dict[str, Person]) -> None:
    alice = people["alice"]
    contents = "/user/alice/api/contents"
    home = alice.call("GET", contents).json()["content"]
    assert [each["writable"] for each in home if each["name"] == "examples"] == [False]
    folder = alice.call("GET", f"{contents}/examples").json()
    assert sorted(each["name"] for each in folder["content"]) == ["README.md", *(f"{name}.ipynb" for name in SHOWN)]
    assert [each["name"] for each in folder["content"] if each["writable"]] == []

    file = f"{contents}/examples/iris-cubes.ipynb"
    notebook = alice.call("GET", file).json()
    assert not alice.call("PUT", file, {"type": "notebook", "content": notebook["content"]}).ok
    assert not alice.call("DELETE", file).ok
    new = alice.call("PUT", f"{contents}/examples/mine.txt", {"type": "file", "format": "text", "content": "x"})
    assert new.status_code == 403


def test_program_refuses_wrong_results_and_blank_pictures(kernels: dict[str, Kernel]) -> None:
    printed = kernels["alice"].run("run(wrong)", RUN_SECONDS)

    assert "exit code 1" in printed
    lines = [line.rpartition(" (")[0] for line in printed.splitlines()]
    assert lines[:3] == [
        "blank-picture: failed: 1 of 1 pictures are blank",
        "no-picture: failed: it shows no picture",
        "wrong-result: failed: AssertionError: x is wrong at: assert x == 2, 'x is wrong'",
    ]


def test_examples_have_right_results_and_pictures(
    kernels: dict[str, Kernel], capsys: pytest.CaptureFixture[str]
) -> None:
    def execute(user: str) -> str:
        return kernels[user].run(f"run('examples', executed, *{SHARES[user]})", RUN_SECONDS)

    with ThreadPoolExecutor() as pool:
        printed = dict(zip(SHARES, pool.map(execute, SHARES), strict=True))

    with capsys.disabled():
        print("", *printed.values(), sep="\n")
    for user, names in SHARES.items():
        lines = [line.rpartition(" (")[0] for line in printed[user].splitlines()]
        shown = {name: SHOWN[name] for name in names}
        assert lines[:-1] == [f"{name}: pictures: {n}, interactive plots: {m}" for name, (n, m) in shown.items()]
        assert "exit code 0" in printed[user]
        kernels[user].reconnect()  # one user waited for the other
        for name in set(ON_DASK) & shown.keys():
            assert kernels[user].value(f"'GatewayCluster' in (executed / '{name}.ipynb').read_text()")
