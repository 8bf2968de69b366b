"""Tenancies that would take the same group or the same domain from each other."""

from collections.abc import Iterator, Mapping

from components.config.problems import InvalidTenancy, Problem, format_key
from components.config.tenancy import Tenancy


def find_collisions(tenancies: Mapping[str, Tenancy]) -> Iterator[InvalidTenancy]:
    """Tenancies that would take the same group or the same domain from each other, by their source."""
    first_with: dict[tuple[str, str], str] = {}
    for source, tenancy in tenancies.items():
        problems = []
        for key, value, claim in (
            ("clusterName", tenancy.cluster_name, tenancy.notebook_users_group_dn),
            ("pangeoDomain" if tenancy.pangeo_domain else "externalIp", tenancy.domain, tenancy.domain),
        ):
            other = first_with.setdefault((key if key == "clusterName" else "domain", claim), source)
            if other != source:
                problems.append(Problem(format_key((key,)), value, f"is taken by {other}; choose another"))
        if problems:
            yield InvalidTenancy(source, problems)
