from components.in_hub.messages import directory_unreachable, groups_unavailable, not_a_member

SERVERS = ["ipa1.example.org:636", "ipa2.example.org:636"]


def test_unreachable_directory_is_named() -> None:
    message = directory_unreachable(SERVERS)

    assert "ipa1.example.org:636, ipa2.example.org:636" in message
    assert "your password was not checked" in message
    assert "Running notebooks are not affected" in message


def test_missing_groups_have_a_message_of_their_own() -> None:
    assert "accepted your password but did not return your groups" in groups_unavailable(SERVERS)


def test_missing_membership_names_the_groups_and_the_action() -> None:
    message = not_a_member("alice", ["k1_notebook_users", "k1_admins"], nested=False)

    assert "alice is not a direct member of the FreeIPA group k1_notebook_users or k1_admins" in message
    assert "Ask your administrator to add you" in message


def test_nested_membership_is_mentioned_only_if_it_does_not_count() -> None:
    assert "direct" not in not_a_member("alice", ["k1_notebook_users"], nested=True)
