"""The script of a restore's pods, with the real restic: what it keeps, and what kills at any moment leave."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from components.cli.restore.output import Output
from components.cli.restore.pod import SCRIPT
from tests.support.restic import USER_ID, Repository, create_repository
from tests.support.waiting import LIMIT_SECONDS

BASE = "/homes/alice"
WORK = ".restoring-1"
KILLS = 25

ODD_NAMES = ("with space", "[brackets] * ?", "back\\slash", "quote'\"", "-dash", "!bang", "new\nline", '"size":5', "ä€")


class Volume:
    """A volume, in which steps of the script run."""

    def __init__(self, folder: Path, repository: Repository) -> None:
        self.folder = folder
        self.repository = repository
        folder.mkdir()

    def start(self, *step: str) -> "subprocess.Popen[str]":
        """Start a step in a session of its own."""
        own = self.repository.folder / "own"
        own.mkdir(exist_ok=True)
        return subprocess.Popen(
            ["sh", "-c", SCRIPT, "restore", *step],
            env={**self.repository.variables, "VOLUME": str(self.folder), "TMPDIR": str(own), "OWNER": "1000:100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *step: str, succeeds: bool = True) -> Output:
        """Run a step to its end."""
        process = self.start(*step)
        text, _ = process.communicate(timeout=LIMIT_SECONDS)
        assert (process.returncode == 0) == succeeds, text
        return Output.read(text)

    def archive(self, *tags: str, privileges: str = "+all", succeeds: bool = True) -> Output:
        """Run the step that archives the volume, in a mount namespace in which it has its path in snapshots."""
        own = self.repository.folder / "own"
        own.mkdir(exist_ok=True)
        mount = (
            f"set -e; mkdir -p /homes; mount -t tmpfs none /homes; mkdir -p {BASE}; mount --bind {self.folder} {BASE}"
        )
        step = f'{mount}; exec setpriv --bounding-set={privileges} sh -c "$0" restore archive {BASE} vis "$@"'
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", step, SCRIPT, *tags],
            env={**self.repository.variables, "VOLUME": BASE, "TMPDIR": str(own)},
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert (done.returncode == 0) == succeeds, done.stdout + done.stderr
        return Output.read(done.stdout + done.stderr)

    def killed_after(self, seconds: float, *step: str) -> None:
        """Start a step, and kill all its processes after a time, as the end of a node does."""
        process = self.start(*step)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=LIMIT_SECONDS)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    for name in ODD_NAMES:
        (folder / f"folder {name}").mkdir(parents=True)
        (folder / f"folder {name}" / f"file {name}").write_text(name)
        (folder / f"file {name}").write_text(name)
    (folder / "link").symlink_to("/nowhere")
    (folder / "program").write_text("#!/bin/sh")
    (folder / "program").chmod(0o751)
    os.setxattr(folder / "program", "user.note", b"kept")
    (folder / "closed").mkdir(mode=0o500)
    (folder / "empty").mkdir()
    os.chown(folder / "program", 1234, 100)
    os.link(folder / "file -dash", folder / "second name")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder = tmp_path / "backup"
    folder.mkdir()
    return create_repository(folder)


@pytest.fixture
def volume(tmp_path: Path, repository: Repository) -> Volume:
    return Volume(tmp_path / "volume", repository)


def _content(folder: Path) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for path in folder.rglob("*"):
        if any(part.startswith(".restoring-") for part in path.relative_to(folder).parts):
            continue
        status = path.lstat()
        text = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        attributes = [] if path.is_symlink() else [(name, os.getxattr(path, name)) for name in os.listxattr(path)]
        kind = (status.st_mode, status.st_uid, status.st_gid, attributes)
        found[str(path.relative_to(folder))] = (text, *kind, 0 if path.is_dir() else status.st_mtime_ns)
    return found


def test_whole_home_keeps_names_owners_modes_links_and_attributes(
    volume: Volume, repository: Repository, home: Path
) -> None:
    snapshot = repository.back_up_home("alice", home)

    fetched = volume.run("fetch", snapshot, BASE, WORK, BASE)
    assert fetched.counts()[1:] == (0, 0)
    volume.run("place", BASE, WORK, "replaced-1")

    assert _content(volume.folder) == _content(home)
    assert (volume.folder / "second name").samefile(volume.folder / "file -dash")


def test_one_file_is_restored_beside(volume: Volume, repository: Repository, home: Path) -> None:
    snapshot = repository.back_up_home("alice", home)
    expected: dict[str, str] = {}
    for number, name in enumerate(ODD_NAMES, start=1):
        file = f"folder {name}/file {name}"
        (volume.folder / f"folder {name}").mkdir()
        (volume.folder / file).write_text("changed since")

        volume.run("fetch", snapshot, f"{BASE}/{file}", WORK, BASE)
        placed = volume.run("beside", BASE, WORK, "restored-2026-11-30").last("placed") or ""

        assert placed == "restored-2026-11-30" + (f"-{number}" if number > 1 else "")
        expected |= {file: "changed since", f"{placed}/{file}": name}
        folder = (volume.folder / placed).stat()
        assert (folder.st_uid, folder.st_gid, folder.st_mode & 0o700) == (1000, 100, 0o700)
    files = [path for path in volume.folder.rglob("*") if path.is_file()]
    assert {str(path.relative_to(volume.folder)): path.read_text() for path in files} == expected


def test_replaced_files_are_kept(volume: Volume, repository: Repository, home: Path) -> None:
    snapshot = repository.back_up_home("alice", home)
    (volume.folder / "program").write_text("changed since")
    (volume.folder / "new since").write_text("new")
    (volume.folder / "link").mkdir()
    (volume.folder / "link" / "inside").write_text("in a folder that was a link")
    (volume.folder / "closed").write_text("a file that was a folder")
    (volume.folder / "empty").symlink_to("/etc")

    fetched = volume.run("fetch", snapshot, BASE, WORK, BASE)
    assert sorted(fetched.values("replaces")) == ["closed", "empty", "link", "program"]
    assert _content(volume.folder).keys() == {"program", "new since", "link", "link/inside", "closed", "empty"}
    placed = volume.run("place", BASE, WORK, "replaced-1")

    assert placed.last("placed") == "replaced-1"
    kept = volume.folder / "replaced-1"
    assert (kept / "program").read_text() == "changed since"
    assert (kept / "link" / "inside").read_text() == "in a folder that was a link"
    assert (kept / "closed").read_text() == "a file that was a folder"
    assert (kept / "empty").is_symlink()
    content = {
        name: found for name, found in _content(volume.folder).items() if name.split("/")[0] not in ("replaced-1",)
    }
    assert content.pop("new since")[0] == b"new"
    assert content == _content(home)


def test_declined_restore_leaves_nothing(volume: Volume, repository: Repository, home: Path) -> None:
    snapshot = repository.back_up_home("alice", home)
    volume.run("fetch", snapshot, BASE, WORK, BASE)
    volume.run("discard", WORK)
    assert list(volume.folder.iterdir()) == []


def test_missing_path_and_full_volume_are_named_before_anything_is_written(
    volume: Volume, repository: Repository, home: Path
) -> None:
    snapshot = repository.back_up_home("alice", home)

    missing = volume.run("fetch", snapshot, f"{BASE}/nowhere", WORK, BASE, succeeds=False)
    assert missing.last("failed") == "no-path"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", volume.folder], check=True)
    try:
        full = volume.run("fetch", snapshot, BASE, WORK, BASE, succeeds=False)
        assert (full.last("failed") or "").startswith("no-space ")
        assert list(volume.folder.iterdir()) == []
    finally:
        subprocess.run(["umount", volume.folder], check=True)


def test_unknown_password_is_an_error_of_restic(volume: Volume, repository: Repository, home: Path) -> None:
    snapshot = repository.back_up_home("alice", home)
    process = subprocess.run(
        ["sh", "-c", SCRIPT, "restore", "fetch", snapshot, BASE, WORK, BASE],
        env={**repository.variables, "VOLUME": str(volume.folder), "RESTIC_PASSWORD": "wrong"},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert process.returncode == 1
    assert "@failed restic" in process.stdout
    assert "wrong password" in process.stderr


def test_pod_that_is_deleted_removes_what_it_has_fetched(volume: Volume, repository: Repository, home: Path) -> None:
    (home / "large").write_bytes(random.randbytes(200 << 20))
    snapshot = repository.back_up_home("alice", home)
    process = volume.start("fetch", snapshot, BASE, WORK, BASE)
    while not (volume.folder / WORK).exists() and process.poll() is None:
        time.sleep(0.01)
    process.terminate()
    process.communicate(timeout=LIMIT_SECONDS)
    if process.returncode != 0:
        assert list(volume.folder.iterdir()) == []


def test_kills_lose_no_file(volume: Volume, repository: Repository, home: Path) -> None:
    """Neither files of the volume nor those of the backup, whenever a step is killed and repeated."""
    for number in range(300):
        (home / f"data {number % 10}").mkdir(exist_ok=True)
        (home / f"data {number % 10}" / f"{number}").write_text(f"backup {number}")
    snapshot = repository.back_up_home("alice", home)
    mine = {}
    for number in range(0, 300, 3):
        (volume.folder / f"data {number % 10}").mkdir(exist_ok=True)
        (volume.folder / f"data {number % 10}" / f"{number}").write_text(f"changed {number}")
        mine[number] = f"changed {number}"
    chance = random.Random(1)

    for attempt in range(KILLS):
        volume.killed_after(chance.uniform(0, 1.5), "fetch", snapshot, BASE, WORK, BASE)
        assert _all_texts(volume.folder) >= set(mine.values()), "fetching changes no file"
        volume.run("fetch", snapshot, BASE, WORK, BASE)
        volume.killed_after(chance.uniform(0, 0.4), "place", BASE, WORK, f"replaced-{attempt}")
        assert _all_texts(volume.folder) >= set(mine.values()), "replaced files are kept"

    volume.run("fetch", snapshot, BASE, WORK, BASE)
    volume.run("place", BASE, WORK, "replaced-last")
    assert _all_texts(volume.folder) >= set(mine.values())
    found = {name: each for name, each in _content(volume.folder).items() if not name.startswith("replaced-")}
    assert found == _content(home)
    assert not list(volume.folder.glob(".restoring-*"))


def _all_texts(folder: Path) -> set[str]:
    """Return the texts of all files, wherever they are in the volume, without those that are being fetched."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    kept = (path for path in files if not path.relative_to(folder).parts[0].startswith(".restoring-"))
    return {path.read_text(errors="replace") for path in kept}


def test_hub_database_is_replaced_and_the_former_kept(volume: Volume, repository: Repository, tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    hub.mkdir()
    (hub / "jupyterhub.sqlite").write_bytes(b"SQLite format 3\0 of the backup")
    snapshot = repository.back_up_database(hub)
    (volume.folder / "jupyterhub.sqlite").write_bytes(b"SQLite format 3\0 present")
    (volume.folder / "jupyterhub.sqlite-journal").write_bytes(b"of the present one")
    os.chown(volume.folder / "jupyterhub.sqlite", 1000, 1000)

    volume.run("fetch", snapshot, "/hub", WORK, "/hub")
    volume.run("database", WORK, "before-restore-1")

    database = volume.folder / "jupyterhub.sqlite"
    assert database.read_bytes() == b"SQLite format 3\0 of the backup"
    assert (database.stat().st_uid, database.stat().st_mode & 0o777) == (1000, 0o600)
    assert {path.name for path in volume.folder.iterdir()} == {
        "jupyterhub.sqlite",
        "jupyterhub.sqlite.before-restore-1",
        "jupyterhub.sqlite.before-restore-1-journal",
    }


def test_file_that_is_no_database_is_refused(volume: Volume, repository: Repository, tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    hub.mkdir()
    (hub / "jupyterhub.sqlite").write_bytes(b"")
    snapshot = repository.back_up_database(hub)
    (volume.folder / "jupyterhub.sqlite").write_bytes(b"SQLite format 3\0 present")

    volume.run("fetch", snapshot, "/hub", WORK, "/hub")
    refused = volume.run("database", WORK, "kept", succeeds=False)

    assert refused.last("failed") == "no-database"
    assert (volume.folder / "jupyterhub.sqlite").read_bytes() == b"SQLite format 3\0 present"


def test_archive_is_verified_kept_and_restored(volume: Volume, repository: Repository, home: Path) -> None:
    archived = Volume(home.parent / "archived", repository)
    archived.folder.rmdir()
    home.rename(archived.folder)
    (archived.folder / ".restoring-2").mkdir()
    tags = ["home", "user=alice", f"id={USER_ID}", "claim=claim-alice", "gb=1", "archived"]

    short = archived.archive(*tags).last("archived")

    assert short
    [archive] = repository.snapshots()
    assert archive["id"].startswith(short)
    assert (archive["hostname"], archive["paths"], archive["tags"]) == ("vis", [BASE], tags)
    volume.run("verify", archive["id"])
    (archived.folder / ".restoring-2").rmdir()
    volume.run("fetch", archive["id"], BASE, WORK, BASE)
    volume.run("place", BASE, WORK, "replaced-1")
    assert _content(volume.folder) == _content(archived.folder)

    later = repository.back_up_home("alice", archived.folder)
    repository.restic("forget", "--group-by=host,paths", "--keep-daily=1", "--keep-tag=archived")
    assert len(repository.snapshots()) == 2, "no retention deletes the archive"
    volume.run("forget", archive["id"])
    [left] = repository.snapshots()
    assert left["id"].startswith(later), "other backups stay"


def test_home_with_an_unreadable_file_is_not_archived(volume: Volume, repository: Repository) -> None:
    for name, mode in (("notes", 0o644), ("secret", 0o600)):
        (volume.folder / name).write_text("x")
        (volume.folder / name).chmod(mode)
        os.chown(volume.folder / name, 1000, 100)

    assert volume.archive("archived", privileges="-all", succeeds=False).last("failed") == "unreadable"

    assert repository.snapshots() == [], "an incomplete backup is no archive"


def test_damaged_archive_is_not_verified(volume: Volume, repository: Repository) -> None:
    (volume.folder / "notes").write_text("the only copy")
    archive = volume.archive("archived").last("archived")
    assert archive
    for pack in (repository.folder / "repository" / "data").glob("*/*"):
        content = bytearray(pack.read_bytes())
        content[5] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(content)

    assert volume.run("verify", archive, succeeds=False).last("failed") == "restic"
