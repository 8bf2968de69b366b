"""The client on a real 389 Directory Server with FreeIPA's entries and permissions."""

import time
from dataclasses import replace

import pytest

from components.freeipa import connection_errors, errors, names
from components.freeipa.groups import OBJECT_CLASSES, open_groups
from components.freeipa.session import open_session
from components.freeipa.settings import ServerAddress
from tests.engine.components.freeipa.conftest import Account
from tests.support.administrator import Administrator
from tests.support.certificates import authority
from tests.support.waiting import wait_until

pytestmark = pytest.mark.engine

GROUP = names.notebook_users_group("client")
DESCRIPTION = names.notebook_users_description("client")


def test_new_group_has_freeipas_attributes(operator: Account, administrator: Administrator) -> None:
    with operator.groups() as ipa:
        group = ipa.add_group(GROUP, DESCRIPTION)
    entry = administrator.entry(GROUP)
    assert entry is not None
    assert sorted(entry.pop("objectClass")) == sorted(OBJECT_CLASSES)
    assert entry == {"cn": [GROUP], "description": [DESCRIPTION], "ipaUniqueID": ["autogenerate"]}
    assert group.dn == operator.server.group_dn(GROUP)


def test_only_existing_group_is_found(operator: Account, administrator: Administrator) -> None:
    assert administrator.entry(GROUP) is None
    with operator.groups() as ipa:
        assert ipa.find_group(GROUP) is None
        made = ipa.add_group(GROUP, DESCRIPTION)
        assert ipa.find_group(GROUP) == made
        assert ipa.find_group(GROUP.upper()) == made


@pytest.mark.parametrize(("tls", "round_trips"), [("ldaps", ["BIND", "ADD"]), ("starttls", ["EXT", "BIND", "ADD"])])
def test_creation_takes_at_most_three_round_trips(
    operator: Account, administrator: Administrator, tls: str, round_trips: list[str]
) -> None:
    if tls == "starttls":
        server = ServerAddress(operator.server.host, operator.server.ldap_port)
        operator.settings = replace(operator.settings, tls="starttls", servers=(server,))
    administrator.entry(GROUP)
    administrator.forget_log()
    with operator.groups() as ipa:
        ipa.add_group(GROUP, DESCRIPTION)
    assert [kind for kind, _ in administrator.served()] == round_trips
    assert administrator.entry(GROUP) is not None


def test_members_are_never_read(operator: Account, administrator: Administrator) -> None:
    administrator.make(GROUP, "drifted", [operator.server.user_dn(f"user{number}") for number in range(3000)])
    administrator.forget_log()
    begin = time.process_time()
    with operator.groups() as ipa:
        assert ipa.find_group(GROUP) is not None
        ipa.set_description(GROUP, DESCRIPTION)
    assert time.process_time() - begin < 1
    [_, (_, search), (change, _)] = administrator.served()
    assert 'attrs="cn description objectClass ipaUniqueID"' in search
    assert change == "MOD"
    assert len(administrator.members(GROUP)) == 3000


def test_description_is_the_only_change(operator: Account, administrator: Administrator) -> None:
    alice = operator.server.user_dn("alice")
    administrator.make(GROUP, "drifted", [alice])
    before = administrator.entry(GROUP)
    with operator.groups() as ipa:
        ipa.set_description(GROUP, DESCRIPTION)
    assert before is not None
    assert administrator.entry(GROUP) == {**before, "description": [DESCRIPTION]}


def test_group_can_be_deleted_twice(operator: Account, administrator: Administrator) -> None:
    administrator.make(GROUP, DESCRIPTION)
    with operator.groups() as ipa:
        assert ipa.delete_group(GROUP) is True
        assert ipa.delete_group(GROUP) is False
    assert administrator.entry(GROUP) is None


def test_description_of_a_missing_group_is_refused(operator: Account) -> None:
    with operator.groups() as ipa, pytest.raises(errors.NoSuchEntry, match="pulumi refresh"):
        ipa.set_description(GROUP, DESCRIPTION)


def test_existing_group_is_not_changed(operator: Account, administrator: Administrator) -> None:
    administrator.make(GROUP, "theirs", [operator.server.user_dn("alice")])
    before = administrator.entry(GROUP)
    with operator.groups() as ipa, pytest.raises(errors.AlreadyExists, match="existingGroup: adopt"):
        ipa.add_group(GROUP, DESCRIPTION)
    assert administrator.entry(GROUP) == before


@pytest.mark.parametrize("bad", ["1", "a b", "a,cn=admins", "admins"])
def test_invalid_name_sends_no_request(operator: Account, administrator: Administrator, bad: str) -> None:
    with operator.groups() as ipa:
        administrator.forget_log()
        with pytest.raises(errors.InvalidSetting):
            ipa.add_group(bad, DESCRIPTION)
    assert administrator.served() == []


def test_wrong_password_is_reported_and_not_shown(operator: Account) -> None:
    operator.password = "not-the-password"
    with pytest.raises(errors.WrongPassword) as refusal, operator.groups():
        pass
    assert operator.settings.bind_dn in str(refusal.value)
    assert operator.password not in str(refusal.value)


def test_locked_account_differs_from_a_wrong_password(operator: Account, administrator: Administrator) -> None:
    with (
        administrator.locked(operator.settings.bind_dn),
        pytest.raises(errors.AccountUnusable, match="unlock"),
        operator.groups(),
    ):
        pass


def test_missing_privilege_is_named(reader: Account, administrator: Administrator) -> None:
    administrator.make(GROUP, "theirs")
    with reader.groups() as ipa:
        with pytest.raises(errors.NotPermitted, match="'Group Administrators'"):
            ipa.add_group("another_notebook_users", DESCRIPTION)
        with pytest.raises(errors.NotPermitted, match="'Group Administrators'"):
            ipa.set_description(GROUP, DESCRIPTION)
        with pytest.raises(errors.NotPermitted, match="'Group Administrators'"):
            ipa.delete_group(GROUP)
    assert administrator.description(GROUP) == "theirs"


def test_wrong_suffix_differs_from_a_missing_group(operator: Account) -> None:
    with operator.groups("dc=another,dc=org") as ipa:
        with pytest.raises(errors.ParentMissing, match="base DN"):
            ipa.find_group(GROUP)
        with pytest.raises(errors.ParentMissing, match="base DN"):
            ipa.add_group(GROUP, DESCRIPTION)


def test_wrong_base_dn_in_the_directory_is_detected(operator: Account) -> None:
    with operator.groups(f"dc=wrong,{operator.server.suffix}") as ipa, pytest.raises(errors.NotVisible, match="baseDn"):
        ipa.find_group(GROUP)


def test_other_entry_than_a_user_group_is_not_found(operator: Account, administrator: Administrator) -> None:
    administrator.make(GROUP, "no user group", classes=("top", "groupofnames", "ipaobject"))
    with operator.groups() as ipa:
        assert ipa.find_group(GROUP) is None
        with pytest.raises(errors.AlreadyExists):
            ipa.add_group(GROUP, DESCRIPTION)


def test_schema_violation_is_reported_with_the_attribute(operator: Account) -> None:
    with open_session(operator.settings, operator.password) as session, pytest.raises(errors.SchemaRefused) as refusal:
        session.add(operator.server.group_dn(GROUP), OBJECT_CLASSES, {"cn": GROUP}, f"adding group {GROUP}")
    assert "ipaUniqueID" in str(refusal.value)


def test_other_authority_is_refused(operator: Account) -> None:
    operator.settings = replace(operator.settings, ca_certificate=authority("other").pem)
    with pytest.raises(connection_errors.CertificateUntrusted), operator.groups():
        pass


def test_other_name_of_the_server_is_refused(operator: Account) -> None:
    address = ServerAddress(operator.server.address, operator.server.ldaps_port)
    operator.settings = replace(operator.settings, servers=(address,))
    with pytest.raises(connection_errors.CertificateOfAnotherHost), operator.groups():
        pass


def test_stopped_server_differs_from_a_hanging_one(operator: Account) -> None:
    operator.settings = replace(operator.settings, receive_timeout_seconds=3)
    with operator.server.stopped(), pytest.raises(connection_errors.ConnectionRefused), operator.groups():
        pass
    with operator.server.frozen(), pytest.raises(connection_errors.TimedOut), operator.groups():
        pass


def test_lost_answer_is_not_reported_as_a_failed_change(operator: Account, administrator: Administrator) -> None:
    operator.settings = replace(operator.settings, receive_timeout_seconds=3)
    assert administrator.entry(GROUP) is None
    with operator.groups() as ipa, operator.server.frozen(), pytest.raises(errors.AnswerLost, match="not known"):
        ipa.add_group(GROUP, DESCRIPTION)
    wait_until(lambda: administrator.entry(GROUP), "the frozen server has not made the change")


def test_second_server_is_used_when_the_first_is_down(operator: Account, administrator: Administrator) -> None:
    [there] = operator.settings.servers
    nobody = ServerAddress(there.host, 1)
    with open_groups(
        replace(operator.settings, servers=(nobody, there)), operator.server.suffix, operator.password
    ) as ipa:
        ipa.add_group(GROUP, DESCRIPTION)
    assert administrator.description(GROUP) == DESCRIPTION
