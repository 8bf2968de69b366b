"""Keys that were set with ``--secret``, although the state has their values in plain text."""

import pytest

from components.config.encrypted_keys import find_encrypted_keys
from components.config.stack_file import SECTIONS


def reported(key: str) -> str:
    """Return how an encrypted key is reported: as a problem, as a warning, or not at all."""
    problems, warnings = find_encrypted_keys([f"pangeo:{key}", "aws:region"])
    assert all(each.key == f"pangeo:{key}" for each in problems)
    assert all(each.startswith(f"pangeo:{key} is encrypted") for each in warnings)
    return "problem" if problems else "warning" if warnings else ""


def test_every_key_but_the_one_with_the_kubeconfig_is_reported() -> None:
    assert [key for key in SECTIONS if not reported(key)] == ["kubernetes"]
    assert not reported("identityBindPassword"), "it is a secret"
    assert not reported("identityBindPasword"), "an unknown key is reported elsewhere"


def test_keys_that_version_0_4_accepted_are_a_warning() -> None:
    refused = {key for key in SECTIONS if reported(key) == "problem"}
    assert refused == {"notebook", "objectStore", "registries", "sharedFolders"}


@pytest.mark.parametrize(("key", "fix"), [("notebook", "{secret: <name>, key: <key>}"), ("objectStore", "--secret")])
def test_all_problems_are_reported_with_a_fix(key: str, fix: str) -> None:
    problems, warnings = find_encrypted_keys(["pangeo:objectStore", "pangeo:notebook", "pangeo:identity"])
    assert fix in next(each.message for each in problems if each.key == f"pangeo:{key}")
    assert [each.value for each in problems] == ["[hidden]", "[hidden]"]
    assert warnings == (
        "pangeo:identity is encrypted, but previews and policies must read it; set it again without --secret",
    )
