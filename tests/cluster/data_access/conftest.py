"""One deployed tenancy with all settings of data access, and its users alice and bob, for all tests of this folder.

A test leaves the tenancy as it was: deployed, with all Secrets and claims. It may end the users' work. Only the last
test of all, in ``test_shared_folders.py``, destroys the tenancy.
"""

from collections.abc import Iterator

import pytest
from pulumi.automation import CommandError

from local.paths import State
from local.tenancy.addresses import NODE_ADDRESS
from tests.cluster.data_access import mirror
from tests.cluster.data_access.node_folders import NodeFolders
from tests.cluster.data_access.settings import (
    ACCESS,
    ACCESS_KEY,
    AIR,
    BUCKET,
    GPUS,
    LOST,
    NAME,
    OCEAN,
    OTHER_PROFILE,
    SECRETS,
    settings,
)
from tests.support.directory_groups import directory_group
from tests.support.notebook_user import NotebookUser
from tests.support.object_store import ObjectStore, running_object_store
from tests.support.second_tenancy import SecondTenancy
from tests.support.web_proxy import WebProxy, running_web_proxy


@pytest.fixture(scope="package")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with running_object_store(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture(scope="package")
def web_proxy() -> Iterator[WebProxy]:
    with running_web_proxy(str(NODE_ADDRESS)) as proxy:
        yield proxy


@pytest.fixture(scope="package")
def folders(tmp_path_factory: pytest.TempPathFactory) -> NodeFolders:
    return NodeFolders(tmp_path_factory.mktemp("folders"))


@pytest.fixture(scope="package")
def bare_tenancy(
    tmp_path_factory: pytest.TempPathFactory, store: ObjectStore, web_proxy: WebProxy, folders: NodeFolders
) -> Iterator[SecondTenancy]:
    """The tenancy after its first ``up``, without the Secrets and claims that its operator creates."""
    state = State()
    mirror.name_images(state, tmp_path_factory.mktemp("packages"))
    with (
        SecondTenancy.clean(state, tmp_path_factory.mktemp("second"), NAME, **settings(store, web_proxy)) as tenancy,
        directory_group(state, OCEAN, "alice"),
        directory_group(state, AIR, "bob"),
        directory_group(state, LOST),
        directory_group(state, GPUS, "carol"),
    ):
        folders.create_volumes(tenancy)
        tenancy.up()
        yield tenancy
        folders.delete_class(tenancy)


@pytest.fixture(scope="package")
def refusal(bare_tenancy: SecondTenancy) -> str:
    """The error of an ``up`` without the Secrets and claims."""
    with pytest.raises(CommandError) as refused:
        bare_tenancy.up()
    return str(refused.value)


@pytest.fixture(scope="package")
def tenancy(bare_tenancy: SecondTenancy, refusal: str, folders: NodeFolders, store: ObjectStore) -> SecondTenancy:
    """The tenancy with all Secrets and claims; of the users, alice and carol have keys of the object store."""
    del refusal  # it needs the tenancy without them
    for name, token in SECRETS.items():
        bare_tenancy.create_secret(name, token=token)
    bare_tenancy.create_secret(ACCESS_KEY["secret"], **{ACCESS_KEY["key"]: ACCESS})
    keys = store.add_account("data-access")
    store.add_bucket(BUCKET, keys)
    for user in ("alice", "carol"):
        bare_tenancy.create_secret(
            f"s3-user-{user}", AWS_ACCESS_KEY_ID=keys.access_key_id, AWS_SECRET_ACCESS_KEY=keys.secret_access_key
        )
    folders.create_claims(bare_tenancy)
    return bare_tenancy


@pytest.fixture(scope="package")
def alice(tenancy: SecondTenancy) -> NotebookUser:
    """A member of ``OCEAN``, whose server has the profile of another image."""
    return NotebookUser(tenancy, "alice", OTHER_PROFILE)


@pytest.fixture(scope="package")
def bob(tenancy: SecondTenancy) -> NotebookUser:
    """A member of ``AIR``, whose server has the default profile."""
    return NotebookUser(tenancy, "bob")
