"""The fault of a full disk under the hub's database."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from local.host.commands import output
from local.tenancy import web
from tests.cluster.faults.user_at_work import RECOVERY_SECONDS, Tenancy, wait_until

SMALL_DISK_MEGABYTES = 16


def disk_full_under_the_hubs_database(tenancy: Tenancy) -> str:
    """Fill the database's volume while alice logs in; with free space the hub continues with its data."""
    before = tenancy.user_data()
    [volume] = tenancy.state.volumes.glob("*_hub-db-dir")
    with _small_disk(volume, tenancy):
        filler = volume / "filler"
        with suppress(OSError), filler.open("wb") as out:
            while True:
                out.write(bytes(4096))
                out.flush()
        refused = _is_refused(tenancy)
        filler.unlink()
        wait_until("the hub answers", lambda: web.answers(tenancy.state))
        wait_until("alice can log in", lambda: tenancy.alice.log_in() == requests.codes.ok)
    tenancy.wait_for_recovery()
    tenancy.assert_no_changes()
    assert tenancy.user_data() == before
    return f"log-in {'refused' if refused else 'accepted'} meanwhile, works with free space again"


def _is_refused(tenancy: Tenancy) -> bool:
    try:
        return bool(tenancy.alice.log_in() != requests.codes.ok)
    except (requests.RequestException, AssertionError):
        return True


@contextmanager
def _small_disk(volume: Path, tenancy: Tenancy) -> Iterator[None]:
    """Keep the hub's database on a separate disk of a few megabytes inside the block."""
    _stop_hub(tenancy)
    aside = volume.with_name(f"{volume.name}.aside")
    _copy(volume, aside)
    size = f"size={SMALL_DISK_MEGABYTES}m,mode=0777"
    output(["mount", "-t", "tmpfs", "-o", size, "faults", volume], timeout_seconds=10)
    try:
        _copy(aside, volume)
        tenancy.kubectl("scale", "deployment/hub", "--replicas=1")
        tenancy.kubectl("rollout", "status", "deployment/hub", f"--timeout={RECOVERY_SECONDS:.0f}s")
        yield
    finally:
        _stop_hub(tenancy)
        # A database on the small disk is newer than the copy in ``aside``.
        if any(volume.glob("*.sqlite")):
            shutil.rmtree(aside)
            _copy(volume, aside)
        output(["umount", volume], timeout_seconds=10)
        _copy(aside, volume)
        shutil.rmtree(aside)
        tenancy.kubectl("scale", "deployment/hub", "--replicas=1")


def _stop_hub(tenancy: Tenancy) -> None:
    tenancy.kubectl("scale", "deployment/hub", "--replicas=0")
    tenancy.kubectl("wait", "pod", "--selector=component=hub", "--for=delete", f"--timeout={RECOVERY_SECONDS:.0f}s")


def _copy(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for file in source.rglob("*"):
        to = target / file.relative_to(source)
        if file.is_dir():
            to.mkdir(exist_ok=True)
        else:
            shutil.copy2(file, to)
        owner = file.stat()
        os.chown(to, owner.st_uid, owner.st_gid)
