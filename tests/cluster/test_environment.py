"""Environment variables of two users in two groups, with values from Secrets that appear nowhere else."""

from collections.abc import Iterator

import pytest
from pulumi.automation import CommandError

from local.images.definitions import NOTEBOOK
from local.paths import State
from tests.cluster.security.secrets import files, in_all_encodings, search_file
from tests.support.node_capacity import stop_admin_server
from tests.support.second_tenancy import SecondTenancy

pytestmark = pytest.mark.cluster

NAME = "variables"
OCEAN, AIR = "variables_ocean", "variables_air"
PLAIN = "text $(HOME) $$ {username} {"
SECRETS = {"common": "0f8e-of-all-servers-$(HOME)", "ocean": "77c1-of-the-group-ocean", "air": "3b2d-of-the-group-air"}
SETTINGS = {
    # Besides the notebooks of the local tenancy, two cores hold only small ones.
    "notebookCpus": 0.2,
    "notebookRamGb": 0.5,
    "notebook": {
        "image": NOTEBOOK.reference,
        "prePull": False,
        "environment": {"PLAIN": PLAIN, "COMMON_TOKEN": {"secret": "common", "key": "token"}},
        "groupEnvironment": {
            OCEAN: {"GROUP_TOKEN": {"secret": "ocean", "key": "token"}, "OCEAN": "yes"},
            AIR: {"GROUP_TOKEN": {"secret": "air", "key": "token"}},
        },
    },
    "dask": {"enabled": False},
}


@pytest.fixture(scope="module")
def tenancy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondTenancy]:
    """A tenancy without its Secrets, whose users alice and bob are in one group each."""
    state = State()
    tenancy = SecondTenancy(state, tmp_path_factory.mktemp("second"), NAME, **SETTINGS)
    tenancy.wipe()
    stop_admin_server(state)
    with tenancy.made_group(OCEAN, "alice"), tenancy.made_group(AIR, "bob"):
        tenancy.up()
        for user in ("alice", "bob"):
            tenancy.grant(user)
        yield tenancy
    tenancy.wipe()


@pytest.fixture(scope="module")
def preview(tenancy: SecondTenancy) -> str:
    """The output of a preview of a change, with all Secrets in place."""
    for secret, value in SECRETS.items():
        tenancy.kubectl(
            "create", "secret", "generic", secret, "--namespace", NAME, "--from-file=token=/dev/stdin", stdin=value
        )
    tenancy.write_stack_file(notebookRamGb=0.6)
    printed = tenancy.preview()
    tenancy.write_stack_file()
    return printed


def test_missing_secrets_are_reported_with_the_command(tenancy: SecondTenancy) -> None:
    with pytest.raises(CommandError) as refused:
        tenancy.up()

    printed = str(refused.value)
    assert f"kubectl create secret generic common --namespace {NAME} --from-file=token=FILE" in printed
    for key in (f"groupEnvironment.{OCEAN}.GROUP_TOKEN", f"groupEnvironment.{AIR}.GROUP_TOKEN"):
        assert key in printed


def variables(tenancy: SecondTenancy, user: str) -> dict[str, str]:
    """Return the environment of the user's server."""
    person = tenancy.person(user)
    assert person.log_in() == 200
    person.start_server()
    printed = tenancy.kubectl("exec", f"jupyter-{user}", "--", "printenv", "--null")
    return dict(each.split("=", 1) for each in printed.split("\0") if each)


@pytest.mark.usefixtures("preview")
def test_each_user_has_the_variables_of_all_and_of_the_own_group(tenancy: SecondTenancy) -> None:
    tenancy.wait_for_hub()
    found = {user: variables(tenancy, user) for user in ("alice", "bob")}

    for each in found.values():
        assert (each["PLAIN"], each["COMMON_TOKEN"]) == (PLAIN, SECRETS["common"])
    assert {user: each["GROUP_TOKEN"] for user, each in found.items()} == {
        "alice": SECRETS["ocean"],
        "bob": SECRETS["air"],
    }
    assert SECRETS["air"] not in str(found["alice"])
    assert SECRETS["ocean"] not in str(found["bob"])
    assert "OCEAN" not in found["bob"]


def test_secrets_are_in_no_state_preview_or_value(tenancy: SecondTenancy, preview: str) -> None:
    (tenancy.folder / "preview").write_text(preview)
    (tenancy.folder / "values").write_text(tenancy.helm("get", "all", NAME))
    searched = in_all_encodings({name: value.encode() for name, value in SECRETS.items()})
    folders = [tenancy.folder / each for each in ("backend", "stacks")]

    everything = [*files(*folders), tenancy.folder / "preview", tenancy.folder / "values"]

    assert {str(file): found for file in everything if (found := search_file(file, searched))} == {}
    assert "COMMON_TOKEN" in (tenancy.folder / "values").read_text()
    assert "0.6G" in preview
