"""Environment variables of two users in two groups, with values from Secrets that appear nowhere else."""

import pytest

from tests.cluster.data_access.settings import AIR, NAME, OCEAN, PLAIN, SECRETS
from tests.cluster.security.secrets import files, in_all_encodings, search_file
from tests.support.notebook_user import NotebookUser
from tests.support.second_tenancy import SecondTenancy

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def preview(tenancy: SecondTenancy) -> str:
    """The output of a preview of a change, with all Secrets in place."""
    tenancy.write_stack_file(notebookRamGb=0.6)
    try:
        return tenancy.preview()
    finally:
        tenancy.write_stack_file()


def test_missing_secrets_are_reported_with_the_command(refusal: str) -> None:
    assert f"kubectl create secret generic common --namespace {NAME} --from-file=token=FILE" in refusal
    for key in (f"groupEnvironment.{OCEAN}.GROUP_TOKEN", f"groupEnvironment.{AIR}.GROUP_TOKEN"):
        assert key in refusal


def variables(tenancy: SecondTenancy, user: NotebookUser) -> dict[str, str]:
    """Return the environment of the user's server."""
    printed = tenancy.kubectl("exec", f"jupyter-{user.person.user}", "--", "printenv", "--null")
    return dict(each.split("=", 1) for each in printed.split("\0") if each)


def test_each_user_has_the_variables_of_all_and_of_the_own_group(
    tenancy: SecondTenancy, alice: NotebookUser, bob: NotebookUser
) -> None:
    found = {user.name: variables(tenancy, user) for user in (alice, bob)}

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
