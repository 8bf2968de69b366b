"""What a decision about a reused user name changes. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from components.cli.accept.facts import Home, KeptVolume, Names
from components.in_hub.user_id import Decision


@dataclass(frozen=True)
class Plan:
    """Changes of a decision."""

    user: str
    decision: Decision
    rebind: tuple[Home, ...] = ()
    """Homes that are bound to the new account."""
    release: tuple[Home, ...] = ()
    """Homes whose volumes are kept and whose claims are deleted."""
    lines: tuple[str, ...] = field(default=(), compare=False)
    """Description for the operator."""


def plan_decision(names: Names, user: str, decision: Decision) -> Plan:
    """Return the changes that the decision still needs; a command that was killed is repeated.

    Args:
        names: to whom the names belong.
        user: the user's name.
        decision: the decision.
    """
    others = tuple(home for home in names.homes_of(user) if home.user_id != decision.user_id)
    rebind, release = (others, ()) if decision.same_person else ((), others)
    return Plan(user, decision, rebind, release, tuple(_lines(user, decision, others)))


def _lines(user: str, decision: Decision, homes: tuple[Home, ...]) -> Iterator[str]:
    account = f"the FreeIPA account {user} (ipaUniqueID {decision.user_id})"
    if decision.same_person:
        yield f"{account} belongs to the same person as before and gets:"
        yield f"  the hub's user {user} with its rights and tokens"
        yield from (f"  the home {_describe(home)}" for home in homes)
        return
    yield f"{account} belongs to another person than before:"
    yield f"  the hub's user {user}, with admin role, tokens and shares, is deleted at the next log-in"
    for home in homes:
        kept = f"its volume {home.volume} is kept with all files" if home.volume else "it has no volume"
        yield f"  the home {_describe(home)} is taken away and its server is stopped; {kept}"
    yield f"  the new person's next server gets {'a new, empty home' if homes else 'the home that the account has'}"


def _describe(home: Home) -> str:
    return f"{home.claim}, of {f'the account {home.user_id}' if home.user_id else 'an account that is not known'}"


def binding_instructions(volume: KeptVolume, namespace: str) -> list[str]:
    """Return lines that name a kept volume and how to use its files again."""
    owner = f"{volume.user} (ipaUniqueID {volume.user_id or 'not known'})"
    release = '[{"op": "remove", "path": "/spec/claimRef"}]'
    return [
        f"kept: the volume {volume.name}, which was the home {volume.claim} of the former user {owner}",
        f"→ to use it again, free it: kubectl patch pv {volume.name} --type=json --patch '{release}'",
        f"→ and create a claim in {namespace} with volumeName: {volume.name}; see docs/operator-guide.md, Reused names",
    ]
