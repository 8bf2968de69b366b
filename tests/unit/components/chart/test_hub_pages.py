"""The values of the hub's pages, and the logo, which the hub serves from its own origin."""

import base64
import json
import zlib
from pathlib import Path

import pytest

from components.chart.hub_pages import announcement_values, branding_variables, hub_pages
from components.chart.logo import LOGO_KEY, MAX_BYTES, InvalidLogo, check_logo, find_type, is_logo, logo_file, logo_text
from components.chart.values import chart_values
from components.config.problems import InvalidTenancy
from tests.support.tenancies import tenancy

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'
PNG = (
    b"\x89PNG\r\n\x1a\n"
    b"\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU"
    b"\0\0\0\nIDAT" + zlib.compress(b"\0\0")[:10] + b"\0\0\0\0\0\0\0\0IEND\xaeB`\x82"
)
LOGO = "stacks/logos/ocean.svg"


@pytest.mark.parametrize(
    "content",
    [
        SVG.format('<circle r="4" fill="url(#g)" style="stroke: url(\'#g\')"/>'),
        SVG.format('<image xlink:href="data:image/png;base64,AAAA"/><use href="#a"/>'),
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a drawing -->' + SVG.format("<title>on top</title>"),
        "\ufeff" + SVG.format(""),
    ],
)
def test_plain_svg_is_accepted(content: str) -> None:
    assert find_type(content.encode()) == "image/svg+xml"


def test_png_is_accepted_by_its_content() -> None:
    assert find_type(PNG) == "image/png"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (SVG.format("<script>alert(1)</script>").encode(), "the element script"),
        (SVG.format("<g><SCRIPT/></g>").encode(), "the element SCRIPT"),
        (SVG.format("<foreignObject/>").encode(), "the element foreignObject"),
        (SVG.format('<g onload="alert(1)"/>').encode(), "the script onload"),
        (SVG.format('<a href="javascript:alert(1)"/>').encode(), "refers to another file"),
        (SVG.format('<image xlink:href="https://example.org/a.png"/>').encode(), "refers to another file"),
        (SVG.format('<use href="data:image/svg+xml;base64,AAAA"/>').encode(), "refers to another file"),
        (SVG.format("<style>@import 'https://example.org';</style>").encode(), "refers to another file"),
        (SVG.format("<style><a/>@import 'https://example.org';</style>").encode(), "refers to another file"),
        (SVG.format('<g fill="url( https://example.org )"/>').encode(), "refers to another file"),
        (f"<?xml-stylesheet href='https://example.org'?>{SVG.format('')}".encode(), "a style sheet"),
        (f"<!DOCTYPE svg [<!ENTITY a 'b'>]>{SVG.format('&a;')}".encode(), "a document type"),
        (SVG.format("").encode("utf-16"), "is neither a PNG nor an SVG"),
        (b"<html><script/></html>", "is XML, but not an SVG"),
        (b"<svg>", "is neither a PNG nor an SVG"),
        (b"GIF89a", "is neither a PNG nor an SVG"),
        (PNG[:-1], "is an incomplete PNG"),
        (PNG[:8], "is neither a PNG nor an SVG"),
        (PNG[:16] + (50_000).to_bytes(4) + PNG[20:], "has 50,000 x 1 pixels; export it with at most 4,096 x 4,096"),
        (SVG.format(" " * MAX_BYTES).encode(), "write a file of at most 32,768"),
    ],
)
def test_what_runs_or_loads_other_files_is_no_logo(content: bytes, message: str) -> None:
    with pytest.raises(InvalidLogo, match=message):
        find_type(content)


def test_mounted_file_is_a_logo_only_if_the_hub_may_serve_it() -> None:
    active = base64.b64encode(SVG.format("<script/>").encode()).decode()

    assert is_logo(logo_text(PNG))
    assert not is_logo(logo_text(PNG).replace("image/png", "text/html"))
    assert not is_logo(f"image/svg+xml\n{active}\n")
    assert not is_logo("")
    assert not is_logo(None)


def test_logo_is_read_from_the_repository(tmp_path: Path) -> None:
    given = tenancy(branding={"logo": LOGO})
    (tmp_path / "stacks" / "logos").mkdir(parents=True)
    (tmp_path / LOGO).write_text(SVG.format(""))

    check_logo(given, "test", tmp_path)

    assert logo_file(given, tmp_path)[LOGO_KEY] == {
        "mountPath": "/usr/local/etc/jupyterhub/components/in_hub/logo.txt",
        "stringData": logo_text(SVG.format("").encode()),
    }


@pytest.mark.parametrize(("content", "message"), [(None, "does not exist"), (b"GIF89a", "is neither")])
def test_missing_or_wrong_logo_is_reported_by_its_key(tmp_path: Path, content: bytes | None, message: str) -> None:
    given = tenancy(branding={"logo": "a.png"})
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)

    with pytest.raises(InvalidTenancy) as refused:
        check_logo(given, "test", tmp_path)

    [problem] = refused.value.problems
    assert (problem.key, problem.value) == ("pangeo:branding.logo", "a.png")
    assert message in problem.message


def test_announcements_are_no_value_of_the_hubs_own_chart() -> None:
    entry = {"text": "Maintenance", "until": "2020-01-01T00:00+00:00", "severity": "info", "where": ["home"]}
    with_one = chart_values(tenancy(announcements=[entry]))

    assert with_one.pop("announcements") == [entry]
    assert with_one == chart_values(tenancy(announcements=[]))


def test_terms_are_mounted_beside_the_hubs_code() -> None:
    files, _ = hub_pages(tenancy(termsOfUse={"text": "Be kind.\nShare.", "version": "7"}))
    [file] = [each for each in files.values() if each["mountPath"].endswith("terms.json")]

    assert json.loads(file["stringData"]) == {"version": "7", "text": "Be kind.\nShare."}


def test_templates_know_the_name_and_the_links() -> None:
    link = {"text": "Help", "url": "https://example.org"}

    assert branding_variables(tenancy(branding={"name": "Ocean", "links": [link]})) == {
        "branding": {"name": "Ocean", "hasLogo": False, "links": [link]}
    }


def test_tenancy_without_the_sections_has_no_further_values() -> None:
    given = tenancy()

    assert announcement_values(given) == branding_variables(given) == {}
    assert hub_pages(given) == ({}, {})
