import json
from pathlib import Path
from typing import Any

import pytest

from components.cli.pulumi_cli import PulumiFailed
from components.cli.repair.backend import Backend

LOCKED = (
    "error: could not create stack: the stack is currently locked by 1 lock(s). Either wait for the other process(es) "
    "to end or delete the lock file with `pulumi cancel`."
)
EXISTS = "error: stack 'organization/pangeo/vis' already exists"


class Cli:
    """A program ``pulumi`` with these answers; it records how it is called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.backend = Backend("vis", {"PATH": f"{folder}:/usr/bin:/bin"})

    def answers(self, *, stacks: list[dict[str, Any]], init_error: str = "", state: str = "{}") -> Backend:
        for name, text in {"stacks": json.dumps(stacks), "error": init_error, "state": state}.items():
            (self.folder / name).write_text(text)
        program = self.folder / "pulumi"
        program.touch(mode=0o755)
        program.write_text(
            f'#!/bin/sh\ncd {self.folder}\necho "$*" >> calls\n'
            'case "$1 $2" in\n'
            '"stack ls") cat stacks ;;\n'
            '"stack init") cat error >&2; exit 1 ;;\n'
            '"stack export") cat state ;;\n'
            '"whoami --verbose") echo \'{"user": "me", "url": "s3://key:secret@bucket"}\' ;;\n'
            "esac\n"
        )
        return self.backend

    def calls(self) -> str:
        return (self.folder / "calls").read_text()


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.mark.parametrize("name", ["vis", "organisation/vis"])
def test_update_in_the_pulumi_cloud_is_found(cli: Cli, name: str) -> None:
    backend = cli.answers(
        stacks=[{"name": "other", "updateInProgress": False}, {"name": name, "updateInProgress": True}]
    )
    assert backend.lock() == "an update of the stack is in progress"


def test_idle_stack_in_the_pulumi_cloud_is_not_locked(cli: Cli) -> None:
    backend = cli.answers(stacks=[{"name": "vis", "updateInProgress": False}])
    assert backend.lock() is None
    assert "stack init" not in cli.calls(), "nothing is tried where the answer is known"


def test_lock_in_a_folder_is_found_by_taking_it(cli: Cli) -> None:
    message = cli.answers(stacks=[{"name": "vis"}], init_error=LOCKED).lock()
    assert message is not None
    assert message.startswith("the stack is currently locked by 1 lock(s)")
    assert cli.answers(stacks=[{"name": "vis"}], init_error=EXISTS).lock() is None


def test_unknown_lock_is_a_failure(cli: Cli) -> None:
    backend = cli.answers(stacks=[], init_error="error: passphrase must be set")
    with pytest.raises(PulumiFailed, match="it is not known whether the stack vis is locked"):
        backend.lock()


def test_state_that_was_changed_meanwhile_is_not_written(cli: Cli) -> None:
    backend = cli.answers(stacks=[], state='{"version": 3, "deployment": {"resources": []}}')
    with pytest.raises(PulumiFailed, match="was changed meanwhile, and was not repaired"):
        backend.replace({"version": 3, "deployment": {}}, {"version": 3})
    assert "stack import" not in cli.calls()


def test_url_of_the_backend_has_no_credentials(cli: Cli) -> None:
    assert cli.answers(stacks=[]).url() == "s3://[hidden]@bucket"
