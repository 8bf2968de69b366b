"""Renders of the upstream charts (if a folder with them is configured) and of the local charts, cached per tenancy."""

import os
from functools import cache
from pathlib import Path

import pytest

from components.config.tenancy import Tenancy
from local.paths import State
from local.stand_ins.charts.assemble import UPSTREAM_VARIABLE, assemble, upstream_charts
from tests.engine.charts.matrix import matrix_tenancy
from tests.engine.charts.renders import Render, how_to_fetch, render_chart
from tests.support.tools import link_tools


@pytest.fixture(scope="session")
def upstream() -> Path:
    """The folder of the unpacked upstream charts."""
    folder = upstream_charts(os.environ)
    if folder is None:
        pytest.skip(
            f"{UPSTREAM_VARIABLE} names no folder with the unpacked upstream charts jupyterhub/ and dask-gateway/; "
            f"get one by {how_to_fetch('FOLDER')} and set {UPSTREAM_VARIABLE}=FOLDER"
        )
    return folder


@pytest.fixture(scope="session")
def render_anew(upstream: Path, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Render with helm in every call."""
    state = State(tmp_path_factory.mktemp("upstream-charts"))
    link_tools(state.bin, ["helm"])
    chart = assemble(state)
    return lambda name: render_chart(state.bin / "helm", chart, matrix_tenancy(name))


@pytest.fixture(scope="session")
def render(render_anew: Render) -> Render:
    """Render once per tenancy."""
    return cache(render_anew)


@pytest.fixture(scope="session")
def render_stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Render the local tenancy's charts, regardless of the environment. They cannot pre-pull images."""
    state = State(tmp_path_factory.mktemp("stand-in-charts"))
    link_tools(state.bin, ["helm"])
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(UPSTREAM_VARIABLE, raising=False)
        chart = assemble(state)

    def tenancy(name: str) -> Tenancy:
        given = matrix_tenancy(name)
        return given.model_copy(update={"notebook": given.notebook.model_copy(update={"pre_pull": False})})

    return cache(lambda name: render_chart(state.bin / "helm", chart, tenancy(name)))


@pytest.fixture(params=["upstream", "stand-ins"])
def render_either(request: pytest.FixtureRequest) -> Render:
    """Render the upstream charts (if configured), and the local tenancy's charts."""
    made: Render = request.getfixturevalue("render" if request.param == "upstream" else "render_stand_ins")
    return made
