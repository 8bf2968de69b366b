"""Restores of files, homes and tenancies: a real API server, the real restic, and the pods' own script."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from components.cli.audit_log import AuditLog
from components.cli.restore.command import Options, restore
from components.cli.restore.errors import RestoreRefused
from components.cli.restore.hub import STOPPED
from components.cli.restore.session import Session, Source, open_session
from components.cli.stack import OpenStack
from components.in_hub.home_marks import RESTORING
from components.in_hub.user_id import ID_ANNOTATION, NAME_ANNOTATION
from tests.support.api_server import ApiServer
from tests.support.pod_processes import NODE, PodProcesses, running_pod_processes
from tests.support.restic import USER_ID, Repository, create_repository
from tests.support.tenancies import tenancy

pytestmark = pytest.mark.engine

NAME = "restored"
SECRET = "pangeo-backup"
TODAY = f"restored-{datetime.now(UTC):%Y-%m-%d}"


class Tenancy:
    """A tenancy with backups, without a running hub."""

    def __init__(self, server: ApiServer, kubelet: PodProcesses, repository: Repository, folder: Path) -> None:
        self.server = server
        self.kubelet = kubelet
        self.repository = repository
        self.log = AuditLog(folder / "log.jsonl")
        self.lines: list[str] = []
        store = {"endpoint": "https://s3.example.org", "bucket": "backups", "credentials": {"secret": SECRET}}
        self._stack = OpenStack("vis", Path("stacks/Pulumi.vis.yaml"), tenancy(clusterName=NAME, backup=store))
        self._environment = {"KUBECONFIG": str(server.kubeconfig), "PATH": os.environ["PATH"]}
        self.folder = folder

    def apply(self, manifest: dict[str, Any]) -> None:
        self.server.kubectl("apply", "--namespace", NAME, "--filename", "-", stdin=json.dumps(manifest))

    def create_home(self, user: str, files: dict[str, str], user_id: str = USER_ID) -> Path:
        """Create a home with files, and return its folder."""
        annotations = {NAME_ANNOTATION: user, ID_ANNOTATION: user_id}
        self.apply(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": f"claim-{user}", "annotations": annotations},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }
        )
        return _write(self.kubelet.volume(f"claim-{user}"), files)

    def start_server(self, user: str) -> None:
        """Create the pod of a server, as if it ran."""
        mount = {"name": "home", "persistentVolumeClaim": {"claimName": f"claim-{user}"}}
        spec = {"nodeName": NODE, "containers": [{"name": "notebook", "image": "notebook"}], "volumes": [mount]}
        self.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"jupyter-{user}"}, "spec": spec})

    def back_up(self, user: str, files: dict[str, str]) -> str:
        return self.repository.back_up_home(user, _write(self.folder / f"backup-{user}", files))

    def session(self, report: Callable[[str], None] | None = None) -> Any:
        return open_session(self._stack, Source(), self._environment, report or self.lines.append)

    def restore(self, confirm: Callable[[str], bool] = lambda _: False, **options: Any) -> bool:
        with self.session() as session:
            return restore(session, Options(**options), confirm, self.log)

    def logged(self) -> list[tuple[str, str]]:
        """Return user and outcome of each line of the log."""
        entries = [json.loads(line) for line in self.log.path.read_text().splitlines()]
        return [(each["user"], each["outcome"]) for each in entries]

    def claim(self, user: str) -> dict[str, Any]:
        return self.server.read("persistentvolumeclaim", f"claim-{user}", "--namespace", NAME)


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _read(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def restored(api_server: ApiServer, tmp_path: Path) -> Iterator[Tenancy]:
    (tmp_path / "backup").mkdir()
    repository = create_repository(tmp_path / "backup", NAME)
    api_server.kubectl("create", "namespace", NAME)
    password = repository.variables["RESTIC_PASSWORD"]
    content = {"access-key": "key", "secret-key": "of the tests", "repository-password": password}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in content.items()}
    own = {key: value for key, value in repository.variables.items() if key == "RESTIC_REPOSITORY"}
    (tmp_path / "pods").mkdir()
    with running_pod_processes(api_server, tmp_path / "pods", own) as kubelet:
        created = Tenancy(api_server, kubelet, repository, tmp_path)
        created.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "data": data})
        yield created
        api_server.kubectl("delete", "pods", "--all", "--namespace", NAME, "--grace-period=0", "--force")
        api_server.kubectl("delete", "namespace", NAME)


def test_file_is_restored_beside_into_a_running_home(restored: Tenancy) -> None:
    home = restored.create_home("alice", {"notebooks/tides.ipynb": "changed", "other": "mine"})
    restored.start_server("alice")
    restored.back_up("alice", {"notebooks/tides.ipynb": "of yesterday", "other": "theirs"})

    assert restored.restore(user="alice", path="notebooks/tides.ipynb")

    assert _read(home) == {
        "notebooks/tides.ipynb": "changed",
        "other": "mine",
        f"{TODAY}/notebooks/tides.ipynb": "of yesterday",
    }
    assert restored.logged() == [("alice", "begun"), ("alice", "done")]
    assert restored.lines[-1] == f"restored into the new folder {TODAY} of the home of alice"
    with_home = [pod for pod in restored.kubelet.ran if len(pod["spec"]["volumes"]) > 1]
    for pod in with_home:
        terms = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert terms["nodeSelectorTerms"][0]["matchFields"][0]["values"] == [NODE], "beside the user's server"
    assert "of the tests" not in json.dumps(restored.kubelet.ran), "no secret is in a manifest"
    pods = json.loads(restored.server.kubectl("get", "pods", "--namespace", NAME, "--output", "json"))["items"]
    assert [pod["metadata"]["name"] for pod in pods] == ["jupyter-alice"]


def test_files_of_a_running_home_are_not_replaced(restored: Tenancy) -> None:
    home = restored.create_home("alice", {"notes": "changed"})
    restored.start_server("alice")
    restored.back_up("alice", {"notes": "of yesterday"})

    with pytest.raises(RestoreRefused, match="in use by jupyter-alice, and its files may be open"):
        restored.restore(lambda _: True, user="alice", in_place=True)
    assert _read(home) == {"notes": "changed"}
    assert restored.logged() == [("alice", "begun"), ("alice", "not known")]


def test_files_are_replaced_only_after_the_answer(restored: Tenancy) -> None:
    home = restored.create_home("alice", {"notes": "changed", "new": "since"})
    restored.back_up("alice", {"notes": "of yesterday", "deleted": "by mistake"})

    assert not restored.restore(lambda _: False, user="alice", in_place=True)
    assert _read(home) == {"notes": "changed", "new": "since"}
    assert restored.restore("alice".__eq__, user="alice", in_place=True)

    assert "  notes" in restored.lines
    found = _read(home)
    [kept] = {name.split("/")[0] for name in found if name.startswith("replaced-")}
    assert found == {"notes": "of yesterday", "new": "since", "deleted": "by mistake", f"{kept}/notes": "changed"}
    assert [outcome for _, outcome in restored.logged()] == ["begun", "declined", "begun", "done"]


def test_server_that_starts_during_the_question_prevents_the_replacement(restored: Tenancy) -> None:
    home = restored.create_home("alice", {"notes": "changed"})
    restored.back_up("alice", {"notes": "of yesterday"})

    def start_server(_: str) -> bool:
        restored.start_server("alice")
        return True

    with pytest.raises(RestoreRefused, match="stop the server first"):
        restored.restore(start_server, user="alice", in_place=True)
    assert _read(home) == {"notes": "changed"}
    assert [path.name for path in home.iterdir()] == ["notes"], "what was fetched is removed"


def test_home_that_is_gone_is_created_for_its_owner(restored: Tenancy) -> None:
    restored.back_up("bob", {"notes": "of bob"})

    assert restored.restore(user="bob")

    claim = restored.claim("bob")
    assert _read(restored.kubelet.volume("claim-bob")) == {"notes": "of bob"}
    assert claim["metadata"]["annotations"] == {NAME_ANNOTATION: "bob", ID_ANNOTATION: USER_ID}
    assert claim["metadata"]["labels"]["component"] == "singleuser-storage"
    assert claim["spec"]["resources"]["requests"]["storage"] == "1Gi"


def test_files_are_not_given_to_another_account(restored: Tenancy) -> None:
    home = restored.create_home("alice", {}, user_id="another")
    restored.back_up("alice", {"notes": "of the former alice"})

    with pytest.raises(RestoreRefused, match="another FreeIPA account"):
        restored.restore(user="alice")
    assert _read(home) == {}
    assert restored.restore(user="alice", other_account=True)
    assert _read(home) == {f"{TODAY}/notes": "of the former alice"}


def test_whole_tenancy_is_restored_with_the_hub_stopped(restored: Tenancy) -> None:
    _create_hub(restored)
    restored.create_home("alice", {"notes": "present"})
    for user in ("alice", "bob", "carol"):
        restored.back_up(user, {"notes": f"of {user}"})
    restored.repository.back_up_database(
        _write(restored.folder / "hub", {"jupyterhub.sqlite": "SQLite format 3\0 old"})
    )
    replicas: list[int] = []

    def watch(line: str) -> None:
        restored.lines.append(line)
        if line.startswith(("home ", "restoring ")):
            replicas.append(_hub(restored)["spec"]["replicas"])

    with restored.session(watch) as session:
        assert restore(session, Options(whole_tenancy=True, hub_database=True), NAME.__eq__, restored.log)

    assert set(replicas) == {0}
    assert _hub(restored)["spec"]["replicas"] == 1
    assert STOPPED not in (_hub(restored)["metadata"].get("annotations") or {})
    homes = {user: _read(restored.kubelet.volume(f"claim-{user}")) for user in ("alice", "bob", "carol")}
    assert homes == {"alice": {"notes": "present"}, "bob": {"notes": "of bob"}, "carol": {"notes": "of carol"}}
    database = _read(restored.kubelet.volume("hub-db-dir"))
    assert database.pop("jupyterhub.sqlite") == "SQLite format 3\0 old"
    assert list(database.values()) == ["SQLite format 3\0 present"], "the former database is kept"
    assert [user for user, _ in restored.logged()] == ["", "", "bob", "carol", ""]

    assert restored.restore(NAME.__eq__, whole_tenancy=True), "a repetition finds nothing to do"
    assert restored.lines[-1] == "all homes of the backup exist; nothing was changed"


def test_interrupted_restore_starts_the_hub_and_is_finished_by_the_next(restored: Tenancy) -> None:
    _create_hub(restored)
    for user in ("bob", "carol"):
        restored.back_up(user, {"notes": f"of {user}"})

    def interrupt(line: str) -> None:
        if line.startswith("created: the claim claim-carol"):
            raise KeyboardInterrupt

    def restore_all(session: Session) -> bool:
        return restore(session, Options(whole_tenancy=True), NAME.__eq__, restored.log)

    with pytest.raises(KeyboardInterrupt), restored.session(interrupt) as session:
        restore_all(session)
    assert _hub(restored)["spec"]["replicas"] == 1
    assert RESTORING in restored.claim("carol")["metadata"]["annotations"]
    with restored.session() as session:
        assert restore_all(session)

    assert _read(restored.kubelet.volume("claim-carol")) == {"notes": "of carol"}
    assert RESTORING not in restored.claim("carol")["metadata"]["annotations"]


def test_missing_secret_is_named_with_the_command_that_creates_it(restored: Tenancy) -> None:
    restored.server.kubectl("delete", "secret", SECRET, "--namespace", NAME)
    with pytest.raises(RestoreRefused, match=f"the Secret {SECRET} does not exist in the namespace {NAME}; create it"):
        restored.restore(user="alice")


def test_archived_home_is_left_out_of_a_tenancy_and_restored_alone(restored: Tenancy) -> None:
    restored.back_up("bob", {"notes": "of bob"})
    restored.repository.restic("tag", "--add", "archived")

    assert restored.restore(NAME.__eq__, whole_tenancy=True)
    assert restored.lines[-1] == "all homes of the backup exist, or are archived (1); nothing was changed"
    assert restored.restore(user="bob")
    assert _read(restored.kubelet.volume("claim-bob")) == {"notes": "of bob"}


def _create_hub(restored: Tenancy) -> None:
    labels = {"matchLabels": {"component": "hub"}}
    template = {
        "metadata": {"labels": {"component": "hub"}},
        "spec": {"containers": [{"name": "hub", "image": "hub"}]},
    }
    spec = {"replicas": 1, "selector": labels, "template": template}
    restored.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "hub"}, "spec": spec})
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    restored.apply(
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "hub-db-dir"}, "spec": claim}
    )
    _write(restored.kubelet.volume("hub-db-dir"), {"jupyterhub.sqlite": "SQLite format 3\0 present"})


def _hub(restored: Tenancy) -> dict[str, Any]:
    return restored.server.read("deployment", "hub", "--namespace", NAME)
