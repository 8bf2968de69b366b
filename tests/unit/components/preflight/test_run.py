"""The first check of a run: the engine's configuration."""

import json
from collections.abc import Iterator

import pulumi
import pytest

from components.preflight.run import run_preflight
from tests.support.tenancies import settings


@pytest.fixture(autouse=True)
def _runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the SDK a stack, which another test may have removed, and empty its configuration after the test."""
    monkeypatch.setattr(pulumi, "get_stack", lambda: "vis")
    monkeypatch.setattr("components.preflight.run.verify_dependencies", lambda: ())
    yield
    pulumi.runtime.set_all_config({})


def refusal(secret_keys: list[str], **changes: object) -> list[str]:
    """Return the lines of the refusal of a configuration."""
    config = {
        f"pangeo:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in settings(**changes).items()
    }
    pulumi.runtime.set_all_config(config, secret_keys)
    with pytest.raises(pulumi.RunError) as refused:
        run_preflight()
    return str(refused.value).splitlines()[1:]


def test_encrypted_keys_are_reported_beside_all_other_problems() -> None:
    store = {"endpoint": "https://s3.example.org"}
    lines = refusal(["pangeo:objectStore", "pangeo:notebook"], objectStore=store, notebook={}, notebookCpus="none")
    assert [line.split()[0] for line in lines] == ["pangeo:notebook", "pangeo:objectStore", "pangeo:notebookCpus"]


def test_an_encrypted_object_store_is_refused() -> None:
    (line,) = refusal(["pangeo:objectStore"], objectStore={"endpoint": "https://s3.example.org"})
    assert line.split()[0] == "pangeo:objectStore"
    assert "s3.example.org" not in line
