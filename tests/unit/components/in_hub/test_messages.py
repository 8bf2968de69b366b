"""What the log-in page says when it lets nobody in."""

from components.in_hub.messages import not_a_member, not_asked, unreachable

SERVERS = ["ipa1.example.org:636", "ipa2.example.org:636"]


def test_a_directory_that_is_down_is_named_and_the_user_knows_that_the_password_was_not_checked() -> None:
    said = unreachable(SERVERS)

    assert "ipa1.example.org:636, ipa2.example.org:636" in said
    assert "your password was not checked" in said
    assert "Running notebooks are not affected" in said


def test_a_directory_that_does_not_say_the_groups_is_told_from_one_that_is_down() -> None:
    assert "took your password but did not say which groups" in not_asked(SERVERS)


def test_who_is_in_none_of_the_groups_reads_their_names_and_whom_to_ask() -> None:
    said = not_a_member("alice", ["k1_notebook_users", "k1_admins"], nested=False)

    assert "alice is not in the FreeIPA group k1_notebook_users or k1_admins directly" in said
    assert "Ask your tenancy's administrator to be added" in said


def test_direct_membership_is_spoken_of_only_where_it_matters() -> None:
    assert "directly" not in not_a_member("alice", ["k1_notebook_users"], nested=True)
