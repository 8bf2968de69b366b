"""Several tenancies in one checkout: their names do not collide."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from components.escape import escape_control_characters
from policies.rule import Context, Resource, Rule, Setting

if TYPE_CHECKING:
    from components.config.collisions import Comparison

FOLDER = Setting("folder", "Folder of the stack files, relative to the checkout", {"type": "string"}, "stacks")


def _compare(context: Context) -> "Comparison":
    # They import pydantic, which loads at the same time as the program.
    from components.config.claims import others_in_folder
    from components.config.collisions import claims_of, compare_names

    others = others_in_folder(context.stack, context.checkout / context.settings[FOLDER.name])
    return compare_names(claims_of(context.tenancy), others)


def _check_names(_: Sequence[Resource], context: Context) -> Iterator[str]:
    for problem in _compare(context).problems:
        yield f"{problem.key} {problem.value} {problem.message}"


def _check_comparable(_: Sequence[Resource], context: Context) -> Iterator[str]:
    for warning in _compare(context).warnings:
        yield escape_control_characters(warning)


RULES = (
    Rule(
        "unique-names",
        "No two stacks share a namespace or a volume in one cluster, a FreeIPA group in one directory, or a domain",
        "Two hubs in one namespace overwrite each other; with one group for two hubs, users of one could log in to the "
        "other.",
        "Change pangeo:clusterName, pangeo:externalIp, pangeo:pangeoDomain or the folder's name; for stacks in "
        "different clusters, set pangeo:kubernetes.context in both.",
        "critical",
        settings=(FOLDER,),
        check_stack=_check_names,
    ),
    Rule(
        "comparable-names",
        "The names of every other stack can be compared with those of this one",
        "Stacks whose cluster or directory is not known may share a namespace, a volume or a group. pulumi up "
        "refuses those that another stack owns.",
        "Correct the other file, set pangeo:kubernetes.context in both files, or choose another name.",
        "medium",
        "advisory",
        settings=(FOLDER,),
        check_stack=_check_comparable,
    ),
)
