"""The comment that a reviewer reads: complete, short enough, and without markup from the engine."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from ci.output.markdown import MAX_CHARACTERS, diff_lines, headline, markdown, marker, property_lines
from ci.output.report_output import report_preview
from ci.output.terminal import show
from ci.preview.differences import PropertyChange
from ci.preview.report import Preview, ResourceChange, Violation

MEMORY = PropertyChange("values.jupyterhub.singleuser.memory.limit", "4G", "8G")
UPDATE = ResourceChange("update", "kubernetes:helm.sh/v3:Release", "pangeo", (MEMORY,))
GOOD = Preview("vis", succeeded=True, changes=(UPDATE,), unchanged=12, policy_packs={"pangeo": "1.0.0"})
MANDATORY = Violation("tls-on-every-host", True, "kubernetes:networking.k8s.io/v1:Ingress pangeo", "no TLS\nadd it")
HOSTILE = "<script>`alert`</script> @everyone [x](http://x) ```\n# title"


def test_change_is_shown_as_a_diff() -> None:
    assert markdown(GOOD, commit="0123456789abcdef") == (
        "<!-- pangeo-preview: vis -->\n"
        "### Preview of `vis` at `0123456789ab`\n"
        "\n"
        "**1 to update, 12 unchanged**\n"
        "\n"
        "**Policies** `pangeo 1.0.0`: no violations\n"
        "\n"
        "<details><summary>~ update <code>kubernetes:helm.sh/v3:Release pangeo</code> (1)</summary>\n"
        "\n"
        "```diff\n"
        "- values.jupyterhub.singleuser.memory.limit: 4G\n"
        "+ values.jupyterhub.singleuser.memory.limit: 8G\n"
        "```\n"
        "\n"
        "</details>\n"
    )


def test_first_line_identifies_the_stack() -> None:
    assert markdown(GOOD).partition("\n")[0] == marker("vis") != marker("vi")


@pytest.mark.parametrize(
    ("preview", "line"),
    [
        (Preview("vis", succeeded=True, unchanged=13), "No changes, 13 unchanged"),
        (GOOD, "1 to update, 12 unchanged"),
        (replace(GOOD, succeeded=False), "The preview failed: 1 to update, 12 unchanged"),
        (
            replace(GOOD, succeeded=False, violations=(MANDATORY,)),
            "Refused by 1 mandatory policy: 1 to update, 12 unchanged",
        ),
        (
            Preview("vis", succeeded=False, changes=(replace(UPDATE, operation="drifted"), UPDATE)),
            "The preview failed: 1 drifted from what was deployed; 1 to update",
        ),
    ],
)
def test_headline_summarises_the_preview(preview: Preview, line: str) -> None:
    assert headline(preview) == line


def test_violation_has_policy_resource_and_message() -> None:
    assert (
        "- **mandatory** `tls-on-every-host` `kubernetes:networking.k8s.io/v1:Ingress pangeo`: `no TLS`\n  `add it`\n"
    ) in markdown(replace(GOOD, violations=(MANDATORY,)))


def test_changed_policies_stand_before_the_changes_of_resources() -> None:
    text = markdown(replace(GOOD, policy_changes=("log-in-by-group is disabled (default: mandatory)",)))

    assert (
        "**Policies** `pangeo 1.0.0`: no violations\n\n"
        "**Policies that differ from their defaults or from the base**\n\n"
        "- `log-in-by-group is disabled (default: mandatory)`\n\n"
    ) in text
    assert text.index("log-in-by-group is disabled") < text.index("<details>")


def test_missing_policy_pack_is_reported() -> None:
    assert "**Policies**: no policy pack was run" in markdown(replace(GOOD, policy_packs={}))


def test_warnings_errors_and_notes_are_listed() -> None:
    text = markdown(replace(GOOD, warnings=("no room",), errors=("broken",), notes=("without the cluster",)))

    assert "**Warnings**\n\n- `no room`\n" in text
    assert "**Errors**\n\n```\nbroken\n```\n" in text
    assert "**How this preview was made**\n\n- `without the cluster`\n" in text


def test_multi_line_text_is_compared_line_by_line() -> None:
    assert list(diff_lines(PropertyChange("code", "a\nb\nc\n", "a\nB\nc\n"))) == [
        "  code:",
        "@@ -1,3 +1,3 @@",
        " a",
        "-b",
        "+B",
        " c",
    ]


def test_new_multi_line_text_is_shortened() -> None:
    assert list(diff_lines(PropertyChange("code", None, "a\nb"))) == ["+ code: (text of 2 lines) a"]


def test_replacing_property_is_marked() -> None:
    assert list(diff_lines(PropertyChange("name", "a", "b", replaces=True))) == [
        "- name: a  # replaces the resource",
        "+ name: b  # replaces the resource",
    ]


def outside_code(text: str) -> str:
    """The text outside code spans and blocks, which GitHub reads as Markdown."""
    without_blocks = re.sub(r"^(`{3,})[^\n]*\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", without_blocks)


@pytest.mark.parametrize(
    "preview",
    [
        replace(GOOD, errors=(HOSTILE,)),
        replace(GOOD, warnings=(HOSTILE,)),
        replace(GOOD, policy_changes=(HOSTILE,)),
        replace(GOOD, violations=(replace(MANDATORY, message=HOSTILE, policy=HOSTILE, resource=HOSTILE),)),
        replace(GOOD, changes=(replace(UPDATE, properties=(PropertyChange("a", HOSTILE, HOSTILE + "!"),)),)),
        replace(GOOD, changes=(replace(UPDATE, properties=(PropertyChange(HOSTILE, "1", "2"),)),)),
    ],
    ids=["error", "warning", "policy change", "violation", "value", "path"],
)
def test_engine_text_is_never_markup_or_a_mention(preview: Preview) -> None:
    left = outside_code(markdown(preview))

    assert "@everyone" not in left
    assert "<script>" not in left
    assert "[x](" not in left


def test_long_comment_is_cut_and_counts_the_omitted_lines() -> None:
    long = replace(UPDATE, properties=tuple(PropertyChange(f"p{n}", "x" * 300, "y" * 300) for n in range(500)))
    text = markdown(replace(GOOD, changes=(long,) * 40))

    assert len(text) <= MAX_CHARACTERS
    assert "420 more properties" in text
    assert "more resources are not shown; see the job's log" in text


def test_replacing_and_changed_properties_come_first() -> None:
    properties = (
        PropertyChange("a", None, "1"),
        PropertyChange("b", "1", "2"),
        PropertyChange("c", "1", "2", replaces=True),
    )
    lines = property_lines(replace(UPDATE, properties=properties), limit=2)

    assert [line.partition(":")[0] for line in lines] == ["- c", "+ c", "- b", "+ b", "  … 1 more property"]


def test_long_resource_is_cut_and_not_left_out() -> None:
    code = PropertyChange("code", "a\n" * 2, "\n".join("y" * 300 for _ in range(59)))
    huge = replace(UPDATE, properties=(MEMORY, *(replace(code, path=f"x{n}") for n in range(10))))
    text = markdown(replace(GOOD, changes=(huge,)))

    assert len(text) <= MAX_CHARACTERS
    assert "memory.limit: 8G" in text
    assert re.search(r"… \d+ more lines\n```\n\n</details>\n$", text)


def test_terminal_does_not_interpret_markup() -> None:
    console = Console(record=True, width=120, file=io.StringIO())
    bracketed = replace(UPDATE, properties=(PropertyChange("a", "[red]x[/]", "[/bold]"),))
    show(replace(GOOD, changes=(bracketed,), violations=(MANDATORY,), warnings=("no room",)), console)
    text = console.export_text()

    assert "vis: Refused by 1 mandatory policy" in text
    assert "- a: [red]x[/]" in text
    assert "+ a: [/bold]" in text
    assert "mandatory policy tls-on-every-host" in text
    assert "warning: no room" in text


@pytest.mark.parametrize(
    ("preview", "code"),
    [(GOOD, 0), (replace(GOOD, succeeded=False), 1), (replace(GOOD, violations=(MANDATORY,)), 1)],
    ids=["good", "failed", "refused"],
)
def test_exit_code_is_zero_only_if_the_preview_passed(
    preview: Preview, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report_preview(preview) == code
    assert "vis: " in capsys.readouterr().out
