"""Which programs in a server count as running work, by a ``/proc`` of files."""

from pathlib import Path

import pytest

from components.in_server.pangeo_server.programs import Programs, is_waiting, parse

SERVER, URL = 7, "http://localhost:8888/user/alice/"
TERMINAL = f"JUPYTER_SERVER_URL={URL}"
KERNEL = f"JPY_PARENT_PID={SERVER}"


def write_process(
    proc: Path,
    pid: int,
    name: str,
    *,
    environment: str = "",
    parent: int = 1,
    group: int = 0,
    terminal: int = 0,
    foreground: int = -1,
    ticks: int = 0,
    arguments: str = "",
) -> None:
    """Write the files of a process."""
    folder = proc / str(pid)
    folder.mkdir(exist_ok=True)
    counters = f"0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 {1000 + pid} 0"
    (folder / "stat").write_text(f"{pid} ({name}) S {parent} {group or pid} 9 {terminal} {foreground} {counters}")
    (folder / "environ").write_text(f"HOME=/home\0{environment}\0")
    (folder / "cmdline").write_text((arguments or name).replace(" ", "\0") + "\0")


def found(programs: Programs, now: float = 0.0) -> set[str]:
    return {each.name for each in programs.find_work(now)}


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(SERVER, URL, tmp_path)


@pytest.mark.parametrize(
    ("name", "arguments", "counts"),
    [
        ("sleep", "sleep 1500", True),
        ("python3.11", "python train.py", True),
        ("python3.11", "python", False),
        ("rsync", "rsync -a /data .", True),
        ("ssh", "ssh other", True),
        ("bash", "bash", False),
        ("bash", "bash train.sh", False),
        ("top", "top", False),
        ("tail", "tail -f log", False),
        ("vim.tiny", "vim.tiny notes.txt", False),
        ("tmux: client", "tmux attach", False),
    ],
)
def test_a_program_in_the_foreground_counts_unless_it_waits_for_a_person(
    tmp_path: Path, programs: Programs, name: str, arguments: str, counts: bool
) -> None:
    write_process(tmp_path, 20, "bash", environment=TERMINAL, terminal=5, foreground=21)
    write_process(tmp_path, 21, name, environment=TERMINAL, parent=20, terminal=5, foreground=21, arguments=arguments)
    assert found(programs) == ({name} if counts else set())


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [("git", "less", set()), ("tail", "grep", set()), ("git", "vim", set()), ("cat", "sort", {"cat", "sort"})],
)
def test_programs_of_one_line_wait_together(
    tmp_path: Path, programs: Programs, first: str, last: str, counts: set[str]
) -> None:
    write_process(tmp_path, 20, "bash", environment=TERMINAL, terminal=5, foreground=21)
    for pid, name in ((21, first), (22, last)):
        write_process(tmp_path, pid, name, environment=TERMINAL, parent=20, group=21, terminal=5, foreground=21)
    assert found(programs) == counts


def test_ended_programs_are_no_work(tmp_path: Path, programs: Programs) -> None:
    """Their parent has not asked for their exit code."""
    write_process(tmp_path, 21, "simulation", environment=TERMINAL, terminal=5, foreground=21)
    assert found(programs) == {"simulation"}
    stat = tmp_path / "21" / "stat"
    stat.write_text(stat.read_text().replace(" S ", " Z "))
    assert found(programs) == set()


def test_ended_programs_have_no_ports(programs: Programs) -> None:
    assert programs.open_ports(40) == []


def test_a_shell_at_its_prompt_is_no_work(tmp_path: Path, programs: Programs) -> None:
    write_process(tmp_path, 20, "bash", environment=TERMINAL, terminal=5, foreground=20)
    assert found(programs) == set()


@pytest.mark.parametrize(("ticks", "counts"), [(0, False), (599, False), (600, True)])
def test_a_program_in_the_background_counts_with_a_tenth_of_a_cpu(
    tmp_path: Path, programs: Programs, ticks: int, counts: bool
) -> None:
    write_process(tmp_path, 30, "python", environment=TERMINAL)
    assert found(programs, 100.0) == set()
    write_process(tmp_path, 30, "python", environment=TERMINAL, ticks=ticks)
    assert found(programs, 160.0) == ({"python"} if counts else set())


def test_monitors_never_count(tmp_path: Path, programs: Programs) -> None:
    write_process(tmp_path, 30, "htop", environment=TERMINAL)
    found(programs, 100.0)
    write_process(tmp_path, 30, "htop", environment=TERMINAL, ticks=6000)
    assert found(programs, 160.0) == set()


def test_only_programs_of_this_server_count(tmp_path: Path, programs: Programs) -> None:
    write_process(tmp_path, 30, "language-server", terminal=5, foreground=30)
    write_process(tmp_path, 31, "other-kernel", environment="JPY_PARENT_PID=8", terminal=5, foreground=31)
    write_process(tmp_path, 40, "kernel", environment=KERNEL)
    write_process(tmp_path, 41, "child", parent=40, terminal=5, foreground=41)
    assert found(programs) == {"child"}


def test_lineage_leads_to_the_kernel(tmp_path: Path, programs: Programs) -> None:
    write_process(tmp_path, 40, "kernel", environment=KERNEL)
    write_process(tmp_path, 41, "nanny", parent=40)
    write_process(tmp_path, 42, "worker", parent=41, terminal=5, foreground=42)
    assert programs.lineage(programs.find_work(0.0)) == {40, 41, 42}


def test_dashboards_are_ports_open_to_all_addresses(tmp_path: Path, programs: Programs) -> None:
    folder = tmp_path / "40"
    (folder / "fd").mkdir(parents=True)
    (folder / "net").mkdir()
    for number, target in enumerate(("socket:[11]", "socket:[12]", "socket:[14]", "/dev/null")):
        (folder / "fd" / str(number)).symlink_to(target)
    line = "  0: {}:{:04X} 00000000:0000 {} 0:0 0:0 0 1000 0 {} 1"
    rows = [
        line.format("00000000", 8787, "0A", 11),
        line.format("0100007F", 45000, "0A", 12),  # a channel of the kernel
        line.format("00000000", 9000, "0A", 13),  # of another process
        line.format("00000000", 9001, "01", 14),  # a connection
    ]
    (folder / "net" / "tcp").write_text("\n".join(["header", *rows]))
    (folder / "net" / "tcp6").write_text("header\n" + line.format("0" * 32, 8888, "0A", 12))
    assert programs.open_ports(40) == [8787, 8888]


def test_names_may_contain_brackets() -> None:
    process = parse("5 (a) (b) S 1 5 5 34816 5 0 0 0 0 0 1 2 3 4 20 0 1 0 99 0")
    assert (process.name, process.parent, process.started, process.is_in_foreground) == ("a) (b", 1, 99, True)


def test_prompts_are_programs_without_arguments_but_options() -> None:
    assert is_waiting("R", ["/usr/lib/R/bin/exec/R"])
    assert is_waiting("R", ["R", "--no-save", "-q"])
    assert is_waiting("julia", ["julia", "--project"])
    assert not is_waiting("julia", ["julia", "-e", "main()"])
    assert not is_waiting("R", ["/usr/lib/R/bin/exec/R", "--file=model.R"])
