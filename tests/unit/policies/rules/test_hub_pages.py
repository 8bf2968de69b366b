"""Announcements, branding and terms of use of a stack file, in the rules about the release's values."""

from typing import Any

import pytest

from components.chart.logo import LOGO_KEY, logo_text
from components.chart.values import chart_values
from policies.rules.values import LOGO
from tests.support.tenancies import tenancy
from tests.unit.policies import declared

STACK: dict[str, Any] = {
    "announcements": [{"text": "Maintenance <today>", "until": "2026-12-05T18:00Z"}],
    "branding": {"name": "Ocean", "logo": "stacks/logos/not-in-this-checkout.svg"},
    "termsOfUse": {"text": "Be kind.", "version": "1"},
}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
RULES = ("program-values", "reviewed-hub-code")


def check(rule: str, logo: str, **changes: Any) -> list[str]:
    """Check the program's release for ``STACK`` with a mounted logo."""
    values = chart_values(tenancy(storage=declared.STORAGE, **STACK), chart_digest="0" * 64, secrets_digest="1" * 64)
    changed = declared.change(values, {"__".join(map(str, LOGO)): logo, **changes})
    return declared.check(rule, declared.release_with(values=changed), stack=declared.config(**STACK)).messages


def test_path_of_the_logo_is_the_one_that_the_program_sets() -> None:
    assert LOGO_KEY in LOGO


@pytest.mark.parametrize("rule", RULES)
def test_logo_of_a_pull_request_may_be_any_that_the_hub_may_serve(rule: str) -> None:
    assert check(rule, logo_text(SVG)) == []


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("logo", ["text/html\nPHNjcmlwdD4=\n", "image/svg+xml\nPHN2Zy8+\n"])
def test_another_text_in_place_of_the_logo_is_reported(rule: str, logo: str) -> None:
    (message,) = check(rule, logo)

    assert LOGO_KEY in message


@pytest.mark.parametrize(
    "change",
    [
        {"announcements": [{"text": "Another", "until": "2026-12-05T18:00+00:00"}]},
        {"jupyterhub__hub__config__JupyterHub__template_vars__branding__name": "Another"},
        {"jupyterhub__hub__extraFiles__components-in_hub-terms.json__stringData": "{}"},
    ],
)
def test_values_that_the_stack_file_does_not_have_are_reported(change: dict[str, Any]) -> None:
    assert check("program-values", logo_text(SVG), **change)
