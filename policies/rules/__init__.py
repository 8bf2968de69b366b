"""Every rule, by theme."""

from policies.rule import Rule
from policies.rules import (
    charts,
    confidentiality,
    dask,
    identity,
    images,
    isolation,
    network,
    protection,
    sizes,
    storage,
    tenancies,
)

THEMES: dict[str, tuple[Rule, ...]] = {
    "Log-in": identity.RULES,
    "Network and TLS": network.RULES,
    "Isolation": isolation.RULES,
    "Protection of data": protection.RULES,
    "Storage": storage.RULES,
    "Secrets": confidentiality.RULES,
    "Charts": charts.RULES,
    "Images": images.RULES,
    "Sizes": sizes.RULES,
    "Dask": dask.RULES,
    "Tenancies beside each other": tenancies.RULES,
}

RULES: tuple[Rule, ...] = tuple(rule for rules in THEMES.values() for rule in rules)
