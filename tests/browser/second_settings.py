"""Settings of the browser tests' second tenancy: the hub's own pages, and one host for all users at first."""

from datetime import UTC, datetime, timedelta
from typing import Any

from local.tenancy import web
from tests.support.second_tenancy import DOMAIN

NAME = "user-hosts"
URL = f"https://{DOMAIN}"
ONE_HOST = {"className": "traefik", "redirectedBy": "controller", "tls": {"secretName": web.SECRET}}

END = (datetime.now(UTC) + timedelta(days=3)).replace(hour=18, minute=0).isoformat(timespec="minutes")
ANNOUNCEMENTS = [
    {"text": "Maintenance: servers stop on the last day at 9:00. https://status.example.org", "until": END},
    {"text": "Long past", "until": "2020-01-01T00:00+02:00"},
]
NEXT_ANNOUNCEMENTS = [{"text": "The maintenance is over", "until": END}]
BRANDING: dict[str, Any] = {
    "name": "Ocean Modelling",
    "logo": "tests/fixtures/logos/ocean.svg",
    "links": [{"text": "Help", "url": "https://example.org/help"}],
}
TERMS = {
    "version": "2026-12",
    "text": "Use this service for research only.\nCite it in publications.\n\nDetails: https://example.org/terms",
}
SETTINGS = {
    "notebookCpus": 0.3,
    "notebookRamGb": 1,
    "ingress": ONE_HOST,
    "announcements": ANNOUNCEMENTS,
    "branding": BRANDING,
    "termsOfUse": TERMS,
}
