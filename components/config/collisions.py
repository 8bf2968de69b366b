"""Tenancies that claim the same FreeIPA group or the same domain."""

from collections.abc import Iterator, Mapping

from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.tenancy import Tenancy


def find_collisions(tenancies: Mapping[str, Tenancy]) -> Iterator[InvalidTenancy]:
    """Yield an error for each tenancy whose group or domain an earlier one has.

    Args:
        tenancies: The tenancies by the name of their stack file.
    """
    first_with: dict[tuple[str, str], str] = {}
    for source, tenancy in tenancies.items():
        problems = []
        for key, value, claim in (
            ("clusterName", tenancy.cluster_name, tenancy.notebook_users_group_dn),
            ("pangeoDomain" if tenancy.pangeo_domain else "externalIp", tenancy.domain, tenancy.domain),
        ):
            other = first_with.setdefault((key if key == "clusterName" else "domain", claim), source)
            if other != source:
                problems.append(Problem(format_key((key,)), value, f"is used by {other}; choose another"))
        if problems:
            yield InvalidTenancy(source, problems)
