"""Code that tries connections, run as a kernel runs it."""

import json
import socket
import subprocess
import sys

import pytest

from components.cli.verify.attempts import Outcome, Target, attempts_source, read_attempts


def test_outcomes_of_an_open_and_a_closed_port_and_of_a_name_without_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as other:
        opened, closed = listener.getsockname()[1], other.getsockname()[1]
        other.close()
        targets = [Target("127.0.0.1", opened), Target("127.0.0.1", closed), Target("no-such-name.invalid", 443)]
        done = subprocess.run(
            [sys.executable, "-c", attempts_source([*targets, targets[0]])], capture_output=True, text=True, check=True
        )

    assert read_attempts(json.loads(done.stdout)) == {
        targets[0]: {targets[0]: Outcome.OPEN},
        targets[1]: {targets[1]: Outcome.REFUSED},
        targets[2]: {},
    }


@pytest.mark.parametrize("value", [None, "open", [["127.0.0.1", 80]], [["127.0.0.1", 80, {"127.0.0.1": "maybe"}]]])
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="returned no results"):
        read_attempts(value)
