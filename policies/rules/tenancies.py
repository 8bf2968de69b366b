"""Tenancies beside each other: none takes another's names."""

from collections.abc import Iterator, Sequence

from policies.rule import Context, Resource, Rule, Setting


def _names_of_its_own(_: Sequence[Resource], context: Context) -> Iterator[str]:
    # pydantic comes with these: they are loaded while the program runs, not before.
    from components.config.problems import InvalidTenancy
    from components.config.stack_file import read_config, stack_path, stacks
    from policies.stack_names import names_in, names_of

    folder = context.checkout / context.settings["folder"]
    try:
        own = names_of(read_config(context.config, source=context.stack, secret_keys=["pangeo:kubernetes"]))
    except InvalidTenancy as wrong:
        yield f"this stack's own configuration cannot be read, so its names cannot be compared: {_in_one_line(wrong)}"
        return
    for other in stacks(folder):
        if other == context.stack:
            continue
        path = stack_path(other, folder)
        try:
            taken = names_in(path)
        except InvalidTenancy as wrong:
            yield f"{path.name} cannot be read, so what it takes cannot be compared: {_in_one_line(wrong)}"
            continue
        for what, name, others in zip(own._fields, own, taken, strict=True):
            if name == others:
                yield f"the {what} {name} is taken by the stack {other} ({path.name})"


def _in_one_line(wrong: Exception) -> str:
    return "; ".join(line.strip() for line in str(wrong).splitlines())


RULES = (
    Rule(
        "unique-names",
        "No two stacks share a namespace, a domain or a group",
        "Two hubs in one namespace overwrite each other; one group for two hubs lets the users of one into the other.",
        "Choose another pangeo:clusterName, pangeo:externalIp or pangeo:pangeoDomain, or mend the file that is named.",
        "critical",
        settings=(
            Setting("folder", "Where the stack files are, seen from the checkout", {"type": "string"}, "stacks"),
        ),
        find_in_stack=_names_of_its_own,
    ),
)
