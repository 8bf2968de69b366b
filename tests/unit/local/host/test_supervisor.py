from configparser import ConfigParser
from pathlib import Path

import pytest

from local.failure import Failure
from local.host import supervisor
from local.host.supervisor import Exits, unrequested_exits
from local.paths import State

LOG = """\
2026-01-02 10:00:00,000 INFO supervisord started with pid 900
2026-01-02 10:00:01,000 WARN exited: etcd (exit status 1; not expected)
2026-01-02 11:00:00,000 INFO supervisord started with pid 1000
2026-01-02 11:00:01,000 INFO spawned: 'kube-scheduler' with pid 1001
2026-01-02 11:05:00,000 WARN exited: kube-scheduler (terminated by SIGKILL; not expected)
2026-01-02 11:05:01,000 INFO spawned: 'kube-scheduler' with pid 1002
2026-01-02 11:06:00,000 WARN exited: kube-scheduler (exit status 1; not expected)
2026-01-02 11:07:00,000 INFO exited: coredns (exit status 0; expected)
2026-01-02 11:08:00,000 INFO stopped: traefik (exit status 0)
"""


def test_unrequested_exits_are_counted_with_the_last_reason() -> None:
    assert unrequested_exits(LOG) == {"kube-scheduler": Exits(2, "exit status 1"), "coredns": Exits(1, "exit status 0")}


def test_exits_before_the_last_start_do_not_count() -> None:
    assert "etcd" not in unrequested_exits(LOG)


def test_exits_in_a_rotated_log_count() -> None:
    line = "2026-01-02 11:05:00,000 WARN exited: kubelet (exit status 2; not expected)\n"
    assert unrequested_exits(line) == {"kubelet": Exits(1, "exit status 2")}


def test_programs_do_not_inherit_the_callers_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FREEIPA_BIND_PASSWORD", "hidden")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    seen = supervisor.environment(State(tmp_path), {"TENANCY_NODE_ADDRESS": "10.244.0.1"})
    assert not {"FREEIPA_BIND_PASSWORD", "HTTPS_PROXY"} & set(seen)
    assert seen["TENANCY_STATE"] == str(tmp_path)
    assert seen["TENANCY_NODE_ADDRESS"] == "10.244.0.1"


def test_new_state_folder_has_no_processes(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert not supervisor.is_up(state)
    assert supervisor.status(state) == []
    supervisor.stop(state, "etcd")
    supervisor.daemon_down(state)


def test_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="longer than the 107 bytes") as failure:
        supervisor.daemon_up(State(tmp_path / ("x" * 120)), {})
    assert "shorter path" in failure.value.fix


def test_configuration_includes_all_services() -> None:
    parser = ConfigParser(interpolation=None)
    parser.read(supervisor.CONFIGURATION)
    included = supervisor.CONFIGURATION.parent.glob(parser["include"]["files"])
    assert sorted(file.resolve().parent.name for file in included) == ["cluster", "directory", "object_store"]
