"""All rules, by theme."""

from policies.rule import Rule
from policies.rules import (
    annotations,
    approved_networks,
    chart_files,
    charts,
    completeness,
    confidentiality,
    dask,
    exceptions,
    identity,
    images,
    isolation,
    network,
    objects,
    permissions,
    protection,
    reach,
    resources,
    sizes,
    storage,
    temporary_storage,
    tenancies,
    values,
    variables,
)

THEMES: dict[str, tuple[Rule, ...]] = {
    "Resources": (*resources.RULES, *objects.RULES, *completeness.RULES),
    "Log-in": (*identity.RULES, *permissions.RULES, *variables.RULES),
    "Network and TLS": (*network.RULES, *annotations.RULES),
    "Isolation": (*isolation.RULES, *reach.RULES, *approved_networks.RULES, *exceptions.RULES),
    "Data protection": protection.RULES,
    "Storage": storage.RULES,
    "Secrets": confidentiality.RULES,
    "Charts": (*charts.RULES, *chart_files.RULES, *values.RULES),
    "Images": images.RULES,
    "Size of users' pods": (*sizes.RULES, *temporary_storage.RULES),
    "Dask": dask.RULES,
    "Several tenancies": tenancies.RULES,
}
"""Titles in the policy reference, and the rules below each."""

RULES: tuple[Rule, ...] = tuple(rule for rules in THEMES.values() for rule in rules)
