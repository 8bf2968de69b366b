"""Stand-in plugins, started like the engine starts them: in their own process, reached over gRPC."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest
from pulumi.runtime.proto import provider_pb2_grpc

from local.stand_ins.plugins.choose import START

CHARTS = {"chart": "0.1.0", "chart2": "0.2.0", "proj/chart": "0.1.0"}
"""Versions of the recorded runs' charts, by their paths below the program's folder."""


@contextmanager
def plugin(name: str, version: str, cwd: Path) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """Start a plugin and yield its client."""
    process = subprocess.Popen(
        [sys.executable, START, name, version],
        cwd=cwd,
        env={"KUBECONFIG": str(cwd / "none"), "PATH": "/nowhere"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def program_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a program's folder with the charts of the recorded runs."""
    folder = tmp_path_factory.mktemp("program")
    for path, version in CHARTS.items():
        chart = folder / path
        chart.mkdir(parents=True)
        (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: pangeo\nversion: {version}\n")
    return folder


@pytest.fixture(scope="session")
def kubernetes(program_folder: Path) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """Start the ``kubernetes`` stand-in."""
    with plugin("kubernetes", "4.32.0", program_folder) as stub:
        yield stub


@pytest.fixture(scope="session")
def random(program_folder: Path) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """Start the ``random`` stand-in."""
    with plugin("random", "4.21.1", program_folder) as stub:
        yield stub
