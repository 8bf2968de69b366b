import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cluster.ports import LOOPBACK, choose, choose_ingress_ports, holder, is_free
from local.failure import Failure
from local.paths import State
from local.tenancy.ingress_ports import IngressPorts, ingress_ports


def all_but(*in_use: int) -> Callable[[int], bool]:
    return lambda number: number not in in_use


def test_default_ports_are_chosen_if_free() -> None:
    assert choose(IngressPorts(), all_but()) == IngressPorts(http=80, https=443)


def test_only_the_port_in_use_is_replaced() -> None:
    assert choose(IngressPorts(), all_but(443)) == IngressPorts(http=80, https=8443)
    assert choose(IngressPorts(), all_but(80)) == IngressPorts(http=8080, https=443)


def test_search_skips_ports_in_use() -> None:
    assert choose(IngressPorts(), all_but(443, 8443, 8444, 80, 8080)) == IngressPorts(http=8081, https=8445)


def test_last_used_port_is_preferred() -> None:
    assert choose(IngressPorts(http=9080, https=9443), all_but(443, 80)) == IngressPorts(http=9080, https=9443)


def test_default_port_is_chosen_again_once_free() -> None:
    assert choose(IngressPorts(http=8080, https=8443), all_but()) == IngressPorts(http=80, https=443)


def test_http_and_https_never_share_a_port() -> None:
    free = {8443}
    with pytest.raises(Failure):
        choose(IngressPorts(), lambda number: number in free)


def test_failure_if_no_port_is_free() -> None:
    with pytest.raises(Failure, match="no port is free for the ingress"):
        choose(IngressPorts(), lambda number: False)


def test_choice_is_recorded_and_a_damaged_record_is_ignored(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert ingress_ports(state) == IngressPorts()
    chosen = choose_ingress_ports(state)
    assert ingress_ports(state) == chosen
    (state.node / "ingress-ports.json").write_text("{")
    assert ingress_ports(state) == IngressPorts()


def test_port_with_a_listener_is_not_free() -> None:
    with socket.socket() as other:
        other.bind((str(LOOPBACK), 0))
        other.listen()
        number = other.getsockname()[1]
        assert not is_free(LOOPBACK, number)
    assert is_free(LOOPBACK, number)


def test_program_that_uses_a_port_is_named() -> None:
    line = 'LISTEN 0 4096 127.0.0.1:443 0.0.0.0:* users:(("nginx",pid=812,fd=3),("nginx",pid=811,fd=3))'
    assert holder(line) == "in use by nginx (process 812)"
    assert holder("") == ""
