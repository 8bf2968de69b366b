import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cluster.ports import LOOPBACK, IngressPorts, choose, free_ingress_ports, holder, ingress_ports, is_free
from local.failure import Failure
from local.paths import State


def all_but(*taken: int) -> Callable[[int], bool]:
    return lambda number: number not in taken


def test_the_usual_ports_are_chosen_when_they_are_free() -> None:
    assert choose(None, all_but()) == IngressPorts(http=80, https=443)


def test_only_the_port_that_is_taken_is_replaced() -> None:
    assert choose(None, all_but(443)) == IngressPorts(http=80, https=8443)
    assert choose(None, all_but(80)) == IngressPorts(http=8080, https=443)


def test_the_search_goes_on_past_taken_ports() -> None:
    assert choose(None, all_but(443, 8443, 8444, 80, 8080)) == IngressPorts(http=8081, https=8445)


def test_the_port_used_last_time_comes_before_another() -> None:
    assert choose(IngressPorts(http=9080, https=9443), all_but(443, 80)) == IngressPorts(http=9080, https=9443)


def test_the_usual_port_is_taken_again_once_it_is_free() -> None:
    assert choose(IngressPorts(http=8080, https=8443), all_but()) == IngressPorts(http=80, https=443)


def test_both_never_share_a_port() -> None:
    free = {8443}
    with pytest.raises(Failure):
        choose(None, lambda number: number in free)


def test_no_free_port_at_all_is_said() -> None:
    with pytest.raises(Failure, match="no port is free for the ingress"):
        choose(None, lambda number: False)


def test_the_choice_is_remembered_and_spoiled_memory_is_forgotten(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert ingress_ports(state) == IngressPorts()
    chosen = free_ingress_ports(state)
    assert ingress_ports(state) == chosen
    (state.node / "ingress-ports.json").write_text("{")
    assert ingress_ports(state) == IngressPorts()


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.socket() as other:
        other.bind((str(LOOPBACK), 0))
        other.listen()
        number = other.getsockname()[1]
        assert not is_free(LOOPBACK, number)
    assert is_free(LOOPBACK, number)


def test_who_holds_a_port_is_named() -> None:
    line = 'LISTEN 0 4096 127.0.0.1:443 0.0.0.0:* users:(("nginx",pid=812,fd=3),("nginx",pid=811,fd=3))'
    assert holder(line) == "held by nginx (process 812)"
    assert holder("") == ""
