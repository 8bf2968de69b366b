"""Answers that reach the program through kubectl."""

from pathlib import Path

import pytest

from components.cluster.errors import CannotAsk, Refused
from components.cluster.kubeconfig import Kubeconfig
from components.cluster.kubectl import KubectlApi
from components.programs import without_a_person

FORBIDDEN = 'Error from server (Forbidden): persistentvolumeclaims is forbidden: User "anna" cannot list resource'


def failure(folder: Path, message: str) -> CannotAsk:
    """Return the error after kubectl has printed this message."""
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{message}\nEND\nexit 1\n")
    program.chmod(0o755)
    kubeconfig = Kubeconfig(None, folder / "config", None)
    api = KubectlApi(str(program), "https://c1", kubeconfig, {}, without_a_person(60), 60, print)
    with pytest.raises(CannotAsk) as caught:
        api.get("/api/v1/namespaces/vis/persistentvolumeclaims")
    return caught.value


def test_a_forbidden_request_is_refused(tmp_path: Path) -> None:
    refused = failure(tmp_path, f"a warning of the log-in program\n{FORBIDDEN}")
    assert type(refused) is Refused
    assert f"program\n{FORBIDDEN}" in str(refused)
    assert type(failure(tmp_path, "Unable to connect to the server: EOF")) is CannotAsk
