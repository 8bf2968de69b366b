from pathlib import Path

import pytest

from components.cli.check import check, main
from tests.support.tenancies import stack_text


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = Path("stacks")
    folder.mkdir()
    (folder / "Pulumi.vis.yaml").write_text(stack_text())
    return folder


def test_a_good_stack_says_where_it_answers_and_for_whom(stacks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vis"]) == 0
    assert capsys.readouterr().out == (
        "stacks/Pulumi.vis.yaml: good. https://pangeo.192-171-139-83.sslip.io for vis_pangeo_notebook_users\n"
    )


def test_all_stacks_are_checked_when_none_is_named_and_one_bad_is_enough_to_fail(
    stacks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stacks / "Pulumi.bad.yaml").write_text(stack_text(clusterName="other", externalIp="x", notebookRamGb="2Gi"))
    assert main([]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "stacks/Pulumi.bad.yaml: 2 problems"
    assert out[3].startswith("stacks/Pulumi.vis.yaml: good")


def test_a_name_or_a_path_names_a_stack(stacks: Path) -> None:
    assert check(["vis"], stacks, ask_dns=False, environment={}).good
    assert check(["stacks/Pulumi.vis.yaml"], stacks, ask_dns=False, environment={}).good


def test_a_warning_is_no_error(stacks: Path) -> None:
    workers = {"count": 1, "cpus": 4, "ramGb": 8, "expectedUsers": 99}
    (stacks / "Pulumi.vis.yaml").write_text(stack_text(workers=workers))
    checked = check([], stacks, ask_dns=False, environment={})
    assert checked.good
    assert "; room for 1 notebook on 1 worker, " in checked.lines[0]
    assert checked.lines[1].startswith("  warning: 99 expected users do not fit")


def test_two_stacks_may_not_share_a_group_or_a_domain(stacks: Path) -> None:
    (stacks / "Pulumi.vos.yaml").write_text(stack_text())
    checked = check([], stacks, ask_dns=False, environment={})
    assert not checked.good
    assert checked.lines[-1].splitlines() == [
        "stacks/Pulumi.vos.yaml: 2 problems",
        "  pangeo:clusterName  vis-pangeo                      is taken by stacks/Pulumi.vis.yaml; choose another",
        "  pangeo:externalIp   pangeo.192-171-139-83.sslip.io  is taken by stacks/Pulumi.vis.yaml; choose another",
    ]


def test_the_same_name_in_another_directory_is_another_group(stacks: Path) -> None:
    (stacks / "Pulumi.vos.yaml").write_text(stack_text(identity__realm="OTHER.ORG", externalIp="192.0.2.1"))
    assert check([], stacks, ask_dns=False, environment={}).good


def test_domains_are_resolved_only_when_asked_for(stacks: Path) -> None:
    # `.invalid` never resolves (RFC 6761)
    (stacks / "Pulumi.vis.yaml").write_text(stack_text(pangeoDomain="hub.example.invalid"))
    assert check([], stacks, ask_dns=False, environment={}).good
    assert not check([], stacks, ask_dns=True, environment={}).good
    warned = check([], stacks, ask_dns=True, environment={"PANGEO_DNS_CHECK": "warn"})
    assert warned.good
    assert "warning: stacks/Pulumi.vis.yaml: pangeoDomain hub.example.invalid" in warned.lines[1]


def test_no_stacks_at_all_is_an_error(tmp_path: Path) -> None:
    checked = check([], tmp_path, ask_dns=False, environment={})
    assert (checked.good, checked.lines) == (False, [f"{tmp_path}: there is no stack file Pulumi.<tenancy>.yaml"])
