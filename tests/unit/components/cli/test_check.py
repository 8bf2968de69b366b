import shutil
from pathlib import Path

import pytest

from components.cli.check import StackReport, check_stacks
from components.config.problems import InvalidTenancy
from local.paths import PROJECT
from tests.support.tenancies import ABSENT, DOMAIN, stack_text


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


def test_two_stacks_must_not_share_a_name(stacks: Path) -> None:
    (stacks / "Pulumi.vos.yaml").write_text(stack_text())
    reports = check_folder(stacks)
    assert [report.is_good for report in reports] == [False, False]
    for report, other in zip(reports, ("vos", "vis"), strict=True):
        assert [(each.key, each.value) for each in report.problems] == [
            ("pangeo:clusterName", "vis-pangeo"),
            ("pangeo:clusterName", "vis-pangeo"),
            ("pangeo:externalIp", DOMAIN),
        ]
        assert all(f"of stacks/Pulumi.{other}.yaml" in each.message for each in report.problems)


def test_one_namespace_in_one_cluster_is_refused_with_different_directories(stacks: Path) -> None:
    (stacks / "Pulumi.vos.yaml").write_text(stack_text(identity__realm="OTHER.ORG", externalIp="192.0.2.1"))
    for report in check_folder(stacks):
        (problem,) = report.problems
        assert "is also the namespace of" in problem.message


def test_one_name_in_other_clusters_and_directories_is_good(stacks: Path) -> None:
    (stacks / "Pulumi.vis.yaml").write_text(stack_text(kubernetes={"context": "vis"}))
    other = {"identity__realm": "OTHER.ORG", "externalIp": "192.0.2.1", "kubernetes": {"context": "vos"}}
    (stacks / "Pulumi.vos.yaml").write_text(stack_text(**other))
    assert [(report.is_good, report.warnings) for report in check_folder(stacks)] == [(True, ()), (True, ())]


def test_a_stack_is_compared_with_those_that_are_not_named(stacks: Path) -> None:
    (stacks / "Pulumi.vos.yaml").write_text(stack_text(notebookRamGb="2Gi"))
    (stacks / "Pulumi.bad.yaml").write_text("config: {}\n")
    [report] = check_folder(stacks, "./stacks/Pulumi.vis.yaml")
    assert len(report.problems) == 3
    assert report.warnings[0].startswith("stacks/Pulumi.bad.yaml cannot be read, so its names cannot be compared: ")


def test_the_names_of_a_stack_with_other_problems_are_compared(stacks: Path) -> None:
    (stacks / "Pulumi.vos.yaml").write_text(stack_text(notebookRamGb="2Gi"))
    reports = check_folder(stacks)
    assert [len(report.problems) for report in reports] == [3, 4]


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


def test_a_file_that_an_environment_completes_is_good_with_warnings(stacks: Path) -> None:
    (stacks / "Pulumi.vis.yaml").write_text("environment: [org/vis]\n" + stack_text(identity=ABSENT))
    [report] = check_folder(stacks)
    assert report.is_good
    summary, warning = report.lines()
    assert summary == (
        "stacks/Pulumi.vis.yaml: good as far as it goes; a preview also checks its Pulumi ESC environment"
    )
    assert warning.startswith("  warning: pangeo:identity is required")


def test_a_credential_in_the_file_is_a_warning(stacks: Path) -> None:
    (stacks / "Pulumi.vis.yaml").write_text(
        stack_text(
            identityBindPassword={"secure": "v1:a"}, kubernetes={"kubeconfig": {"secure": "v1:b"}, "context": "vis"}
        )
    )
    [report] = check_folder(stacks)
    assert report.is_good
    assert [warning.partition(" ")[0] for warning in report.warnings] == [
        "pangeo:kubernetes.kubeconfig",
        "pangeo:identityBindPassword",
    ]


def test_a_misspelt_policy_is_reported(stacks: Path) -> None:
    shutil.copy(PROJECT / "stacks" / "policies.schema.json", stacks)
    (stacks / "policies.json").write_text('{"log-in-by-group": "mandatory"}')
    assert [report.source for report in check_folder(stacks)] == ["stacks/Pulumi.vis.yaml"]

    (stacks / "policies.json").write_text('{"log-in-by-grup": "mandatory"}')
    *_, report = check_folder(stacks, "vis")
    assert lines([report]) == [
        "stacks/policies.json: 1 problem",
        "  log-in-by-grup    is not the name of a policy, and would be ignored; did you mean log-in-by-group?",
    ]


@pytest.mark.parametrize("schema", ["", "{}", "[]", '{"properties": {"a": {}}}'])
def test_a_damaged_schema_of_policies_is_reported(stacks: Path, schema: str) -> None:
    (stacks / "policies.schema.json").write_text(schema)
    (stacks / "policies.json").write_text("{}")
    *_, report = check_folder(stacks)
    assert "run python -m docs.generate" in report.problems[0].message
