from pathlib import Path

import pytest

from components.cli.check import StackReport, check_stacks
from components.config.problems import InvalidTenancy
from tests.support.tenancies import DOMAIN, stack_text


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = Path("stacks")
    folder.mkdir()
    (folder / "Pulumi.vis.yaml").write_text(stack_text())
    return folder


def check_folder(folder: Path, *names: str, resolve_domains: bool = False, **environment: str) -> list[StackReport]:
    return check_stacks(names, folder, resolve_domains=resolve_domains, environment=environment)


def lines(reports: list[StackReport]) -> list[str]:
    return [line for report in reports for line in report.lines()]


def test_report_of_a_good_stack_names_url_and_group(stacks: Path) -> None:
    assert lines(check_folder(stacks, "vis")) == [
        f"stacks/Pulumi.vis.yaml: good. https://{DOMAIN} for vis_pangeo_notebook_users"
    ]


def test_all_stacks_are_checked_without_names(stacks: Path) -> None:
    (stacks / "Pulumi.bad.yaml").write_text(stack_text(clusterName="other", externalIp="x", notebookRamGb="2Gi"))
    reports = check_folder(stacks)
    assert [report.is_good for report in reports] == [False, True]
    assert lines(reports)[0] == "stacks/Pulumi.bad.yaml: 2 problems"
    assert lines(reports)[3].startswith("stacks/Pulumi.vis.yaml: good")


def test_stack_is_given_by_name_or_path(stacks: Path) -> None:
    for name in ("vis", "stacks/Pulumi.vis.yaml"):
        [report] = check_folder(stacks, name)
        assert report.is_good


def test_warning_is_not_a_problem(stacks: Path) -> None:
    workers = {"count": 1, "cpus": 4, "ramGb": 8, "expectedUsers": 99}
    (stacks / "Pulumi.vis.yaml").write_text(stack_text(workers=workers))
    reports = check_folder(stacks)
    assert reports[0].is_good
    summary, warning, *_ = lines(reports)
    assert "; capacity of 1 node: 1 notebook, " in summary
    assert warning.startswith("  warning: 99 expected users need")


def test_two_stacks_must_not_share_a_group_or_a_domain(stacks: Path) -> None:
    (stacks / "Pulumi.vos.yaml").write_text(stack_text())
    reports = check_folder(stacks)
    assert [report.is_good for report in reports] == [True, False]
    assert lines(reports)[1:] == [
        "stacks/Pulumi.vos.yaml: 2 problems",
        "  pangeo:clusterName  vis-pangeo                      is used by stacks/Pulumi.vis.yaml; choose another",
        f"  pangeo:externalIp   {DOMAIN}  is used by stacks/Pulumi.vis.yaml; choose another",
    ]


def test_same_group_name_in_another_directory_is_allowed(stacks: Path) -> None:
    (stacks / "Pulumi.vos.yaml").write_text(stack_text(identity__realm="OTHER.ORG", externalIp="192.0.2.1"))
    assert all(report.is_good for report in check_folder(stacks))


def test_domains_are_resolved_only_on_request(stacks: Path) -> None:
    # `.invalid` never resolves (RFC 6761)
    (stacks / "Pulumi.vis.yaml").write_text(stack_text(pangeoDomain="hub.example.invalid"))
    assert check_folder(stacks)[0].is_good
    assert not check_folder(stacks, resolve_domains=True)[0].is_good
    [report] = check_folder(stacks, resolve_domains=True, PANGEO_DNS_CHECK="warn")
    assert report.is_good
    assert report.warnings[0].startswith("stacks/Pulumi.vis.yaml: pangeoDomain hub.example.invalid")


def test_folder_without_stacks_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidTenancy, match=r"there is no stack file Pulumi\.<tenancy>\.yaml"):
        check_folder(tmp_path)
