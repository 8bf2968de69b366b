"""Renders of the upstream charts, made once for all tests, where a folder with those charts is named."""

import os
from functools import cache
from pathlib import Path

import pytest

from components.config.tenancy import Tenancy
from local.paths import State
from local.stand_ins.charts.assemble import UPSTREAM_VARIABLE, assemble, upstream_charts
from tests.engine.charts.matrix import of
from tests.engine.charts.renders import Render, how_to_fetch, rendered
from tests.support.tools import link_tools


@pytest.fixture(scope="session")
def upstream() -> Path:
    """The folder with the unpacked upstream charts."""
    folder = upstream_charts(os.environ)
    if folder is None:
        pytest.skip(
            f"{UPSTREAM_VARIABLE} names no folder with the unpacked upstream charts jupyterhub/ and dask-gateway/; "
            f"get one by {how_to_fetch('FOLDER')} and set {UPSTREAM_VARIABLE}=FOLDER"
        )
    return folder


@pytest.fixture(scope="session")
def render_anew(upstream: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Runs helm at every call."""
    state = State(tmp_path_factory.mktemp("upstream-charts"))
    link_tools(state.bin, ["helm"])
    chart = assemble(state)
    return lambda name: rendered(state.bin / "helm", chart, of(name))


@pytest.fixture(scope="session")
def render(render_anew: Render) -> Render:
    """Runs helm once for each tenancy."""
    return cache(render_anew)


@pytest.fixture(scope="session")
def render_stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """The same with the local tenancy's charts, whatever the environment names; they cannot pull images beforehand."""
    state = State(tmp_path_factory.mktemp("stand-in-charts"))
    link_tools(state.bin, ["helm"])
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(UPSTREAM_VARIABLE, raising=False)
        chart = assemble(state)

    def tenancy(name: str) -> Tenancy:
        given = of(name)
        return given.model_copy(update={"notebook": given.notebook.model_copy(update={"pre_pull": False})})

    return cache(lambda name: rendered(state.bin / "helm", chart, tenancy(name)))


@pytest.fixture(params=["upstream", "stand-ins"])
def render_either(request: pytest.FixtureRequest) -> Render:
    """Renders of the upstream charts, where a folder with them is named, and those of the local tenancy's."""
    made: Render = request.getfixturevalue("render" if request.param == "upstream" else "render_stand_ins")
    return made
