import json
from dataclasses import replace
from pathlib import Path

from components.cli.audit_log import AuditLog, Entry, default_path

ENTRY = Entry("2026-01-01T00:00:00+00:00", "uid=ops", "root", "vis", "vis_notebook_users", "add", "alice", "done")


def test_lines_are_only_added(tmp_path: Path) -> None:
    path = tmp_path / "state" / "members.jsonl"
    for _ in range(2):
        log = AuditLog(path)
        log.prepare()
        log.write(ENTRY)

    assert [json.loads(line)["user"] for line in path.read_text().splitlines()] == ["alice", "alice"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_name_with_a_line_break_stays_one_line(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "members.jsonl")
    log.write(Entry(*["a\nb"] * 8))

    assert len(log.path.read_text().splitlines()) == 1


def test_unknown_outcome_is_shown() -> None:
    assert str(ENTRY).endswith("by uid=ops (root)")
    assert str(replace(ENTRY, outcome="not known")).endswith("(not known)")


def test_log_is_in_the_state_folder() -> None:
    assert default_path("vis", {"HOME": "/home/ops"}) == Path("/home/ops/.local/state/pangeo/members-vis.jsonl")
    assert default_path("vis", {"XDG_STATE_HOME": "/state"}) == Path("/state/pangeo/members-vis.jsonl")
