"""The files of the chart: the recorded ones, of known kinds, with the locked dependencies only."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from components.chart.digest import chart_digest, source_digest
from local.paths import PROJECT
from policies.rule import Context, InvalidConfiguration, Resource
from policies.rules.chart_files import KINDS, RECORD
from tests.support.tenancies import tenancy
from tests.unit.policies import declared

OTHER_FILES = "the files in chart/ are not those of chart/source.sha256; a review would not have noticed the change"


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """Copy this checkout's chart."""
    chart = tmp_path / "chart"
    for file in (PROJECT / "chart").rglob("*"):
        if file.is_file() and "charts" not in file.relative_to(PROJECT / "chart").parts:
            copy = chart / file.relative_to(PROJECT / "chart")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    return chart


def record(chart: Path) -> None:
    version = yaml.safe_load((chart / "Chart.yaml").read_text())["version"]
    (chart / RECORD).write_text(f"{source_digest(chart)}  {version}\n")


def check(chart: Path, digest: str = "0" * 64) -> list[str]:
    rule = declared.rule("reviewed-chart")
    assert rule.check
    release = Resource("", "", {"values": {"digests": {"chart": digest}}})
    return list(rule.check(release, Context("vis", tenancy(), rule.defaults, checkout=chart.parent)))


def test_this_checkouts_chart_is_accepted(chart: Path) -> None:
    assert check(PROJECT / "chart") == []
    assert check(chart) == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda chart: (chart / "values.yaml").write_text("jupyterhub: {hub: {args: [--debug]}}"),
        lambda chart: (chart / "templates" / "more.yaml").write_text("{{ .Values.jupyterhub.custom }}"),
        lambda chart: (chart / "templates" / "dask-network.yaml").unlink(),
        lambda chart: (chart / "templates" / "_secrets.tpl").write_text(""),
        lambda chart: (chart / RECORD).unlink(),
        lambda chart: (chart / ".helmignore").write_text("templates/\ndependencies.sha256\nsource.sha256\n"),
    ],
    ids=["values", "new template", "removed template", "helper", "no record", "ignored templates"],
)
def test_an_edit_without_a_record_is_refused(chart: Path, edit: Callable[[Path], object]) -> None:
    edit(chart)
    assert check(chart) == [OTHER_FILES]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("kind: Service\n", "Service"),
        ('"kind": "Pod"\n', '"Pod"'),
        ("items:\n  - kind: {{ .Values.kind }}\n", "{{ .Values.kind }}"),
        ("  kind : Ingress", "Ingress"),
        ("{apiVersion: v1, kind: Service, metadata: {name: x}}", "Service"),
        ('{"apiVersion": "v1","kind":"Pod"}', '"Pod"'),
        ("? kind\n: Service\n", "of an unusual form"),
        ('{{ dict "kind" "Service" | toYaml }}', "Service"),
        ('{{ dict "kind" .Values.jupyterhub.x | toYaml }}', "of an unusual form"),
    ],
)
def test_a_template_of_another_kind_is_refused_even_if_recorded(chart: Path, text: str, kind: str) -> None:
    (chart / "templates" / "added.yaml").write_text(text)
    record(chart)
    assert check(chart) == [f"chart/templates/added.yaml has an object of the kind {kind}"]


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ('"k\\u0069nd": Service', "\\u"),
        ('{{ .Files.Get "objects.txt" }}', ".Files"),
        ("{{ tpl .Values.jupyterhub.custom . }}", "tpl"),
        ('{{ fromYaml "x" | toYaml }}', "fromYaml"),
        ('{{ b64dec "a2luZDogU2VydmljZQ==" }}', "b64dec"),
    ],
)
def test_a_template_that_could_hide_a_kind_is_refused(chart: Path, text: str, means: str) -> None:
    (chart / "templates" / "added.yaml").write_text(text)
    record(chart)
    assert check(chart) == [f"chart/templates/added.yaml has {means}, which could write an object of any kind"]


def test_comments_may_name_kinds(chart: Path) -> None:
    (chart / "templates" / "added.yaml").write_text("{{- /* kind: Service\nkind */ -}}\n# kind: Pod\n")
    record(chart)
    assert check(chart) == []


def test_a_definition_that_helm_could_read_in_another_way_is_refused(chart: Path) -> None:
    definition = (chart / "Chart.yaml").read_text()
    (chart / "Chart.yaml").write_text(f"{definition}\ndependencies: []\n")
    with pytest.raises(InvalidConfiguration, match="dependencies is repeated"):
        check(chart)


def test_a_folder_of_crds_is_refused(chart: Path) -> None:
    (chart / "crds").mkdir()
    assert check(chart) == ["chart/crds exists; Helm would create every object in it"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("condition: dask-gateway.enabled", "tags: [x]", "has tags for dask-gateway, which would move or rename"),
        ("condition: dask-gateway.enabled", "import-values: [x]", "has import-values for dask-gateway, which would"),
        ("condition: dask-gateway.enabled", "alias: hub", "has alias for dask-gateway, which would move or rename"),
        ("condition: dask-gateway.enabled", "condition: dask.on", "has a condition for dask-gateway that is not"),
        ("version: 4.4.0", "version: 4.3.0", "has other dependencies than chart/Chart.lock"),
    ],
)
def test_dependencies_are_as_locked_without_renaming(chart: Path, old: str, new: str, message: str) -> None:
    definition = (chart / "Chart.yaml").read_text()
    assert old in definition
    (chart / "Chart.yaml").write_text(definition.replace(old, new))
    record(chart)
    (found,) = check(chart)
    assert message in found


@pytest.mark.parametrize("name", ["other-1.0.0.tgz", "jupyterhub", "jupyterhub-4.3.0.tgz"])
def test_a_chart_that_is_not_locked_is_refused(chart: Path, name: str) -> None:
    (chart / "charts").mkdir()
    (chart / "charts" / name).mkdir()
    assert f"chart/charts/{name} is not in chart/Chart.lock; Helm would install it, too" in check(chart)


def test_a_pinned_archive_with_another_digest_is_refused(chart: Path) -> None:
    (chart / "charts").mkdir()
    archive = chart / "charts" / "dask-gateway-2026.3.0.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.addfile(tarfile.TarInfo("dask-gateway/values.yaml"), io.BytesIO())
    message = "chart/charts/dask-gateway-2026.3.0.tgz has another digest than chart/dependencies.sha256"
    assert check(chart, chart_digest(chart)) == [message]


def test_the_deployed_chart_is_the_one_of_this_checkout(chart: Path) -> None:
    (chart / "charts").mkdir()
    with tarfile.open(chart / "charts" / "jupyterhub-4.4.0.tgz", "w:gz") as packed:
        packed.addfile(tarfile.TarInfo("jupyterhub/values.yaml"), io.BytesIO())
    assert check(chart, chart_digest(chart)) == []
    (found,) = check(chart)
    assert found.endswith("which is not the digest of the chart in this checkout")


def test_no_service_and_no_workload_is_a_known_kind() -> None:
    assert not {"Service", "Ingress", "Pod", "Deployment", "DaemonSet", "Job", "Secret"} & set(KINDS)
