"""Several tenancies in one checkout: their names do not collide."""

from collections.abc import Iterator, Sequence

from components.escape import escape_control_characters
from policies.rule import Context, Resource, Rule, Setting

NAMES = {"namespace": "namespace", "domain": "domain", "FreeIPA group": "notebook_users_group"}
"""Labels of the names that belong to one tenancy only, and the properties of the model that return them."""


def _check_names(_: Sequence[Resource], context: Context) -> Iterator[str]:
    # They import pydantic, which loads at the same time as the program.
    from components.config.problems import InvalidTenancy
    from components.config.stack_file import read_names, stack_path, stacks

    folder = context.checkout / context.settings["folder"]
    for stack in stacks(folder):
        if stack == context.stack:
            continue
        path = stack_path(stack, folder)
        try:
            other = read_names(path)
        except InvalidTenancy as error:
            problems = "; ".join(f"{each.key} {each.message}".strip() for each in error.problems)
            yield (
                f"{path.name} cannot be read, so its names cannot be compared: {escape_control_characters(problems)}"
            )
            continue
        for label, attribute in NAMES.items():
            name = getattr(context.tenancy, attribute)
            if name == getattr(other, attribute):
                yield f"the {label} {name} is already used by the stack {stack} ({path.name})"


RULES = (
    Rule(
        "unique-names",
        "No two stacks have the same namespace, domain or FreeIPA group",
        "Two hubs in one namespace overwrite each other; with one group for two hubs, users of one could log in to the "
        "other.",
        "Change pangeo:clusterName, pangeo:externalIp or pangeo:pangeoDomain, or correct the other file.",
        "critical",
        settings=(
            Setting("folder", "Folder of the stack files, relative to the checkout", {"type": "string"}, "stacks"),
        ),
        check_stack=_check_names,
    ),
)
