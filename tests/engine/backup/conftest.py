"""A namespace with the backup's objects, a node that runs its pods, and an S3 store."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.backup.backup_namespace import BUCKET, BackupNamespace, rendered_objects
from tests.support.api_server import ApiServer
from tests.support.object_store import Keys, ObjectStore, running_object_store
from tests.support.pod_runner import running_pods

ACCOUNT = "backup"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """An S3 store."""
    with running_object_store(tmp_path_factory.mktemp("store"), "127.0.0.1") as found:
        yield found


@pytest.fixture(scope="module")
def account(store: ObjectStore) -> Keys:
    """An account of the store with a bucket."""
    keys = store.add_account(ACCOUNT)
    store.add_bucket(BUCKET, keys)
    return keys


@pytest.fixture
def namespace(api_server: ApiServer, store: ObjectStore, account: Keys, tmp_path: Path) -> Iterator[BackupNamespace]:
    """An empty namespace with the objects of the chart."""
    name = f"backup-{uuid.uuid4().hex[:6]}"
    api_server.kubectl("create", "namespace", name)
    # Other users than the tests' own must reach the volumes.
    folder = Path("/var/tmp") / f"pods-{name}"
    folder.mkdir(mode=0o755)
    try:
        with running_pods(api_server, name, folder) as runner:
            made = BackupNamespace(api_server, name, runner, store, account, tmp_path)
            for manifest in rendered_objects(name, tmp_path):
                made.apply(manifest)
            made.create_secret()
            yield made
    finally:
        api_server.kubectl("delete", "namespace", name, "--wait=false")
        api_server.kubectl("delete", "priorityclass", f"{name}-backup-pods", "--ignore-not-found")
        shutil.rmtree(folder, ignore_errors=True)
