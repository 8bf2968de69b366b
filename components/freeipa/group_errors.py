"""Errors about the group of a stack: its owner, its directory, and its settings. The hub needs none of them."""

from collections.abc import Sequence

from components.freeipa.errors import DirectoryError, FreeIpaError, Refusal


class OfAnotherOwner(Refusal):
    """The group of this stack now has the mark of another deployment, which the detail names."""

    message = (
        "the group has another owner and was not changed; to use it all the same, with the members it has, "
        "set identity.existingGroup: adopt"
    )


class AnotherDirectory(Refusal):
    """The server belongs to another FreeIPA directory, which has the same suffix."""

    message = (
        "this is another directory than the one with this stack's group; set identity.server, tls, caCertificate and "
        "bindDn to servers and an account of that directory. All servers must be replicas of one directory. If it was "
        "replaced for good: run pulumi state delete on this resource, and set identity.existingGroup: adopt"
    )


class AnotherGroup(Refusal):
    """The group of that name has another ``ipaUniqueID`` than this stack's."""

    message = (
        "the group of that name is not this stack's: it was created again, or this is another directory; check "
        "identity.server, or set identity.existingGroup: adopt to use the group with the members it has"
    )


class GroupMissing(Refusal):
    """The changed settings lead to a directory without the stack's group."""

    message = (
        "this stack's group does not exist there; check the changed settings of identity. If the group was deleted: "
        "set them back, run pulumi refresh, then pulumi up, and change them afterwards"
    )


class NotComparable(Refusal):
    """The group's id is not in the state, written by an older version, and cannot be read with the old settings."""

    message = (
        "whether this is the same directory as before is not known, because this stack's group cannot be read with the "
        "settings of the last pulumi up; run pulumi up with those settings once, or set identity.existingGroup: adopt"
    )


class NotAUserGroup(Refusal):
    """An entry of that name exists and is not a FreeIPA user group."""

    message = "the entry of that name is not a FreeIPA user group and cannot be adopted; choose another clusterName"


class ServersFailed(FreeIpaError):
    """Some of the servers that must be usable are not."""

    def __init__(self, failures: Sequence[DirectoryError]) -> None:
        super().__init__(
            "nothing was changed, because these servers of identity.server cannot be used:\n"
            + "\n".join(f"  {failure}" for failure in failures)
        )
        self.failures = tuple(failures)


class PreviewRefused(FreeIpaError):
    """A preview found what the next ``up`` would refuse. The text is that refusal."""


class IdentityChanged(FreeIpaError):
    """The group's name or suffix changed, which would replace the group without its members."""

    def __init__(self, field: str, old: str, new: str) -> None:
        super().__init__(
            f"{field}: {old} → {new} would replace the group and leave its members behind; change it back. To start "
            "with a new group: run pulumi state delete on this resource (pulumi stack --show-urns shows its name; the "
            "old group stays in FreeIPA with its members), then pulumi up"
        )
        self.field = field
