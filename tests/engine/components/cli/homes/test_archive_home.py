"""Former members' homes, archived with a real API server, directory, restic and S3 store; and what kills leave."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from components.cli.homes.archive_command import archive_home
from components.cli.homes.archives import select_archives
from components.cli.homes.delete_archive_command import delete_archive
from components.cli.homes.deletion_plan import Request
from components.cli.members import Group
from components.cli.restore.command import Options, restore
from components.cli.restore.session import Session, Source, open_session
from components.cli.stack import OpenStack
from components.config.backup import Backup
from components.in_hub.home_marks import ARCHIVE
from tests.engine.components.cli.conftest import STACK
from tests.engine.components.cli.homes.conftest import Killed, Operator
from tests.support.object_store import REGION, Keys, ObjectStore, running_object_store
from tests.support.pod_processes import PodProcesses, running_pod_processes
from tests.support.restic import Repository

pytestmark = pytest.mark.engine

BUCKET, SECRET, PASSWORD = "backups", "pangeo-backup", "of the tests"


@dataclass
class ArchivingOperator:
    """An operator with backups."""

    operator: Operator
    group: Group
    kubelet: PodProcesses
    lines: list[str] = field(default_factory=list)

    @contextmanager
    def session(self, at: Callable[[str], None] = lambda line: None) -> Iterator[Session]:
        def report(line: str) -> None:
            self.lines.append(line)
            at(line)

        stack = OpenStack(STACK, Path("stacks/Pulumi.vis.yaml"), self.group.tenancy)
        with open_session(stack, Source(), self.operator.environment, report) as session:
            yield session

    def archive(self, at: Callable[[str], None] = lambda line: None) -> bool:
        operator = self.operator
        with self.session(at) as session, operator.storage():
            request = Request(STACK, operator.user)
            return archive_home(session, self.group, request, confirm=operator.user.__eq__, log=operator.log)

    @property
    def home(self) -> Path:
        return self.kubelet.volume(self.operator.claim)

    @property
    def is_gone(self) -> bool:
        operator = self.operator
        return operator.find("pvc", operator.claim) is None and operator.find("pv", operator.volume) is None


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ObjectStore, Keys]]:
    """An S3 store with a bucket and its account."""
    with running_object_store(tmp_path_factory.mktemp("store"), "127.0.0.1") as found:
        keys = found.add_account("backup")
        found.add_bucket(BUCKET, keys)
        yield found, keys


@pytest.fixture
def archiving(operator: Operator, store: tuple[ObjectStore, Keys], tmp_path: Path) -> Iterator[ArchivingOperator]:
    """A former member's home with a file, and a repository."""
    server, keys = store
    credentials = {"secret": SECRET}
    section = Backup.model_validate(
        {"endpoint": "https://s3.example.org", "bucket": BUCKET, "region": REGION, "credentials": credentials}
    )
    # Stack files must not contain addresses of this machine; the user's name keeps repositories of tests apart.
    section = section.model_copy(update={"endpoint": server.endpoint, "prefix": operator.user})
    tenancy = operator.group.tenancy.model_copy(update={"backup": section})
    variables = {
        "RESTIC_REPOSITORY": f"s3:{server.endpoint}/{BUCKET}/{operator.user}",
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "RESTIC_PASSWORD": PASSWORD,
    }
    Repository(tmp_path, tenancy.cluster_name, variables).restic("init")
    content = {
        "access-key": keys.access_key_id,
        "secret-key": keys.secret_access_key,
        "repository-password": PASSWORD,
    }
    data = {key: base64.b64encode(text.encode()).decode() for key, text in content.items()}
    operator.kubectl("delete", "secret", SECRET, "--ignore-not-found")
    operator.kubectl("create", "secret", "generic", SECRET)
    operator.kubectl("patch", "secret", SECRET, "--type=merge", f"--patch={_json({'data': data})}")
    operator.create_home(policy="Retain")
    bound = _json({"status": {"phase": "Bound"}})
    operator.kubectl("patch", "pvc", operator.claim, "--subresource=status", "--type=merge", f"--patch={bound}")
    (tmp_path / "pods").mkdir()
    with running_pod_processes(operator.api, tmp_path / "pods", {}) as kubelet:
        made = ArchivingOperator(operator, replace(operator.group, tenancy=tenancy), kubelet)
        (made.home / "notes").write_text("the only copy")
        yield made
        operator.kubectl(
            "delete", "pods", "--selector=app.kubernetes.io/component=restore", "--grace-period=0", "--force"
        )


def test_home_is_archived_deleted_restored_and_the_archive_deleted(archiving: ArchivingOperator) -> None:
    operator = archiving.operator

    assert archiving.archive()

    assert archiving.is_gone
    assert operator.outcomes == [(f"archive home {operator.claim}", each) for each in ("begun", "done")]
    shutil.rmtree(archiving.home)
    with archiving.session() as session:
        assert restore(session, Options(user=operator.user), lambda _: False, operator.log)
        assert (archiving.home / "notes").read_text() == "the only copy"
        [archive] = select_archives(session.snapshots())
        assert archive.home
        assert archive.home.user_id == operator.user_id
        assert delete_archive(
            session, archiving.group, operator.user, None, confirm=operator.user.__eq__, log=operator.log
        )
        assert session.snapshots() == []


@pytest.mark.parametrize("step", ["archiving: ", "verifying: ", "archived: ", "deleted: the claim"])
def test_killed_archive_is_continued(archiving: ArchivingOperator, step: str) -> None:
    def kill(line: str) -> None:
        if line.startswith(step):
            raise Killed

    with pytest.raises(Killed):
        archiving.archive(kill)
    if step != "deleted: the claim":
        assert archiving.operator.annotation(ARCHIVE)

    assert archiving.archive()

    assert archiving.is_gone
    with archiving.session() as session:
        assert select_archives(session.snapshots())


def _json(value: object) -> str:
    return json.dumps(value)
