"""Values for the hub's pages: announcements, the community's name, logo and links, and the terms of use."""

from typing import Any

from components.chart.logo import logo_file
from components.chart.mounted_code import PAGE_MODULES, mounted_code, mounted_file
from components.config.tenancy import Tenancy
from components.in_hub.terms import FILE, Terms


def announcement_values(tenancy: Tenancy) -> dict[str, Any]:
    """Return the chart's value ``announcements``; empty without one.

    It is no value of the hub's own chart, so a change restarts nothing. Past ones are in it, too: the values must
    depend on the stack file only.
    """
    found = [each.model_dump(mode="json", by_alias=True) for each in tenancy.announcements]
    return {"announcements": found} if found else {}


def branding_variables(tenancy: Tenancy) -> dict[str, Any]:
    """Return the variable of the hub's templates with the community's name and links; empty without the section."""
    branding = tenancy.branding
    if branding is None:
        return {}
    links = [each.model_dump(by_alias=True) for each in branding.links]
    return {"branding": {"name": branding.name or "", "hasLogo": branding.logo is not None, "links": links}}


def hub_pages(tenancy: Tenancy) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the additions to ``hub.extraFiles`` and ``hub.extraConfig``; empty without any of the sections.

    With an empty list of announcements, they are there, so that the first announcement restarts nothing.
    """
    terms, announces = tenancy.terms_of_use, "announcements" in tenancy.model_fields_set
    if not announces and tenancy.branding is None and terms is None:
        return {}, {}
    own = {} if terms is None else mounted_file(f"in_hub/{FILE.name}", Terms(terms.version, terms.text).to_json())
    code = "from components.in_hub.own_pages import install\n\ninstall(c)\n"
    return {**mounted_code(PAGE_MODULES), **logo_file(tenancy), **own}, {"pangeo-pages": code}
