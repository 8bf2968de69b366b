"""Settings of the directory are tried before they are stored: at every server, in the same directory only."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.components.freeipa.driven_group import GROUP, MARKED, Given, Start, create_group
from tests.engine.components.freeipa.plugin import UNKNOWN, Plugin, Refused
from tests.support.administrator import Administrator
from tests.support.certificates import authority
from tests.support.directory import ThrowAwayDirectory
from tests.support.ports import free_ports

pytestmark = pytest.mark.engine


@pytest.fixture
def elsewhere(other_directory: ThrowAwayDirectory) -> Iterator[Administrator]:
    """The administrator of the other directory."""
    with Administrator.at(other_directory) as administrator:
        yield administrator
        administrator.delete_groups()


@pytest.fixture
def wrong(directory: ThrowAwayDirectory, other_directory: ThrowAwayDirectory) -> dict[str, tuple[dict[str, Any], str]]:
    """Changes of the settings that do not work, with a part of the message."""
    here, down = f"localhost:{directory.ldaps_port}", f"localhost:{free_ports(1)[0]}"
    there = {"servers": [f"localhost:{other_directory.ldaps_port}"], "caCertificate": other_directory.ca_pem}
    return {
        "unknown name": ({"servers": ["ipa.vsi.invalid:636"]}, "ipa.vsi.invalid:636: the name cannot be resolved"),
        "one wrong name of two": (
            {"servers": [here, "ipa.vsi.invalid:636"]},
            "ipa.vsi.invalid:636: the name cannot be resolved",
        ),
        "new replica that is down": ({"servers": [here, down]}, f"{down}: the connection was refused"),
        "wrong authority": ({"caCertificate": authority("wrong").pem}, "not signed by the given authority"),
        "no authority": ({"caCertificate": None}, "not signed by the given authority"),
        "StartTLS at the port of LDAPS": ({"tls": "starttls"}, f"localhost:{directory.ldaps_port}: "),
        "account without a group": ({"bindDn": directory.user_dn("nobody-here")}, "does not accept"),
        "another directory": (there, "this is another directory than the one with this stack's group"),
    }


CHANGES = (
    "unknown name",
    "one wrong name of two",
    "new replica that is down",
    "wrong authority",
    "no authority",
    "StartTLS at the port of LDAPS",
    "account without a group",
    "another directory",
)


@pytest.mark.parametrize("change", CHANGES)
def test_settings_that_do_not_work_are_refused_at_preview_and_up(
    provider: Plugin,
    given: Given,
    administrator: Administrator,
    elsewhere: Administrator,
    wrong: dict[str, tuple[dict[str, Any], str]],
    change: str,
) -> None:
    id_, state, inputs = create_group(provider, given())
    elsewhere.make(GROUP, MARKED, ipaUniqueID=state["uniqueId"])
    changed, cause = wrong[change]
    for preview in (True, False):
        news, failures = provider.check(inputs, given(**changed, preview=preview))
        assert failures == {}
        with pytest.raises(Refused) as refusal:
            provider.changes(state, news) if preview else provider.update(id_, state, news)
        assert cause in str(refusal.value)
    assert administrator.description(GROUP) == MARKED


def test_group_created_again_is_another_one(provider: Plugin, given: Given, administrator: Administrator) -> None:
    id_, state, inputs = create_group(provider, given())
    administrator.delete(GROUP)
    administrator.make(GROUP, MARKED)
    news, _ = provider.check(inputs, given(tls="ldaps", description="changed"))
    with pytest.raises(Refused, match=r"is not this stack's: it was created again.*existingGroup: adopt.*ipaUniqueID"):
        provider.update(id_, state, news)
    _, live, _ = provider.read(id_, state)
    assert provider.changes(live, inputs), "a refresh notices it"
    adopting, _ = provider.check(inputs, given(existingGroup="adopt", description="changed"))
    state = provider.update(id_, state, adopting)
    assert (state["adopted"], state["uniqueId"]) == (True, "00000000-0000-0000-0000-000000000000")


def test_settings_that_lead_to_no_group_are_refused(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    id_, state, inputs = create_group(provider, given())
    administrator.delete(GROUP)
    starttls = given(servers=[f"localhost:{directory.ldap_port}"], tls="starttls")
    news, _ = provider.check(inputs, starttls)
    with pytest.raises(Refused, match=f"looking for group {GROUP} at localhost:.*does not exist there"):
        provider.update(id_, state, news)


def test_working_settings_are_stored_and_nothing_is_changed(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    id_, state, inputs = create_group(provider, given())
    before = administrator.entry(GROUP)
    starttls = given(servers=[f"localhost:{directory.ldap_port}"], tls="starttls", bindDn=directory.operator_dn)
    news, _ = provider.check(inputs, {**starttls, "preview": True})
    assert provider.changes(state, news)
    provider.check(inputs, starttls)
    state = provider.update(id_, state, news)
    assert (state["tls"], state["servers"]) == ("starttls", [f"localhost:{directory.ldap_port}"])
    assert administrator.entry(GROUP) == before


def test_replica_that_was_used_before_may_be_down(
    provider: Plugin, given: Given, administrator: Administrator, directory: ThrowAwayDirectory
) -> None:
    down = f"localhost:{free_ports(1)[0]}"
    here = f"localhost:{directory.ldaps_port}"
    id_, state, inputs = create_group(provider, given())
    administrator.entry(GROUP)
    before = {**state, "servers": [down, here]}
    news, _ = provider.check({**inputs, "servers": [down, here]}, given(servers=[here, down]))
    assert provider.update(id_, before, news)["servers"] == [here, down]


def test_first_deployment_tries_every_server(
    provider: Plugin,
    given: Given,
    administrator: Administrator,
    directory: ThrowAwayDirectory,
    other_directory: ThrowAwayDirectory,
) -> None:
    here = f"localhost:{directory.ldaps_port}"
    both_trusted = directory.ca_pem + other_directory.ca_pem
    for second, cause in (
        ("ipa.vsi.invalid:636", "ipa.vsi.invalid:636: the name cannot be resolved"),
        (f"localhost:{other_directory.ldaps_port}", "this is another directory"),
    ):
        inputs, failures = provider.check({}, given(servers=[here, second], caCertificate=both_trusted, preview=True))
        assert cause in failures[""]
        with pytest.raises(Refused) as refusal:
            provider.create(inputs)
        assert cause in str(refusal.value)
    assert administrator.entry(GROUP) is None


class TestOlderState:
    """A state of a version before 0.3.0 has no id of the group, so it is compared with the old settings' group."""

    @pytest.fixture
    def older(self, provider: Plugin, given: Given, administrator: Administrator) -> tuple[str, dict[str, Any], Any]:
        id_, state, inputs = create_group(provider, given())
        administrator.entry(GROUP)
        new = ("mark", "uniqueId", "directoryId")
        old_state = {key: value for key, value in state.items() if key not in new}
        return id_, old_state, {key: value for key, value in inputs.items() if key not in new}

    def test_other_port_of_the_same_directory_is_accepted(
        self, provider: Plugin, given: Given, directory: ThrowAwayDirectory, older: tuple[str, dict[str, Any], Any]
    ) -> None:
        id_, state, inputs = older
        starttls = given(servers=[f"localhost:{directory.ldap_port}"], tls="starttls")
        news, _ = provider.check(inputs, starttls)
        assert provider.update(id_, state, news)["uniqueId"] == "autogenerate"

    def test_another_directory_is_refused(
        self,
        provider: Plugin,
        given: Given,
        other_directory: ThrowAwayDirectory,
        elsewhere: Administrator,
        older: tuple[str, dict[str, Any], Any],
    ) -> None:
        id_, state, inputs = older
        elsewhere.make(GROUP, "theirs")
        there = {"servers": [f"localhost:{other_directory.ldaps_port}"], "caCertificate": other_directory.ca_pem}
        news, _ = provider.check(inputs, given(**there))
        with pytest.raises(Refused, match="this is another directory"):
            provider.update(id_, state, news)
        assert elsewhere.description(GROUP) == "theirs"

    def test_old_settings_that_no_longer_work_are_named(
        self, provider: Plugin, given: Given, directory: ThrowAwayDirectory, older: tuple[str, dict[str, Any], Any]
    ) -> None:
        id_, state, inputs = older
        gone = {**state, "servers": ["ipa.gone.invalid:636"]}
        news, _ = provider.check(inputs, given())
        with pytest.raises(Refused, match=r"run pulumi up with those settings once.*ipa\.gone\.invalid:636"):
            provider.update(id_, gone, news)


def test_unreachable_directory_fails_the_preview_unless_it_only_warns(
    start: Start, given: Given, directory: ThrowAwayDirectory, tmp_path: Path
) -> None:
    nowhere = given(servers=["ipa.vsi.invalid:636"], preview=True)
    password = {"FREEIPA_BIND_PASSWORD": directory.operator_password}
    with start(password) as driven:
        assert "to preview without the directory, set PANGEO_DIRECTORY_CHECK=warn" in driven.check({}, nowhere)[1][""]
    with start({**password, "PANGEO_DIRECTORY_CHECK": "warn"}) as driven:
        inputs, failures = driven.check({}, nowhere)
        assert failures == {}
        assert "was not checked (PANGEO_DIRECTORY_CHECK=warn)" in (tmp_path / "plugin.log").read_text()
        with pytest.raises(Refused, match="cannot be resolved"):
            driven.create(inputs)


def test_directory_check_does_not_weaken_the_owners_check(
    start: Start, given: Given, directory: ThrowAwayDirectory, administrator: Administrator
) -> None:
    administrator.make(GROUP, "theirs")
    environment = {"FREEIPA_BIND_PASSWORD": directory.operator_password, "PANGEO_DIRECTORY_CHECK": "warn"}
    with start(environment) as driven:
        assert "the group already exists" in driven.check({}, given(preview=True))[1][""]


def test_unknown_settings_are_not_checked_in_a_preview(start: Start, given: Given, tmp_path: Path) -> None:
    with start() as driven:
        inputs, failures = driven.check({}, given(mark=UNKNOWN, preview=True))
    assert failures == {}
    assert "preview" not in inputs
    assert "some of its settings are not known before pulumi up" in (tmp_path / "plugin.log").read_text()
