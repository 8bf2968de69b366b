"""Previews by the real engine with the project's program and policies, also of a deployed tenancy."""

from dataclasses import fields
from pathlib import Path
from tempfile import gettempdir

import pytest
import yaml

from ci.output.markdown import markdown
from ci.preview.differences import PropertyChange
from ci.preview.engine_preview import find_policies, preview
from ci.preview.report import Preview
from components.chart.secrets import HubSecrets
from local.paths import PROJECT, State
from local.previews.stand_in_stack import stand_in_stack
from local.previews.tenancy_preview import main
from tests.engine.ci.watched_tenancy import WatchedTenancy
from tests.support.api_server import ApiServer

pytestmark = pytest.mark.engine

RELEASE = "kubernetes:helm.sh/v3:Release"
SINGLEUSER = "values.jupyterhub.singleuser"
EXAMPLES = ("climate", "ocean", "teaching")
GATEWAY_SERVICE = "values.jupyterhub.hub.services.dask-gateway.display"


@pytest.mark.usefixtures("tools")
def test_one_example_is_previewed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["ocean", "--markdown", str(tmp_path / "preview.md")])
    text = (tmp_path / "preview.md").read_text()

    assert code == 0, text
    check_first_deployment("ocean", text)
    assert "ocean: " in capsys.readouterr().out


@pytest.mark.usefixtures("tools")
def test_all_examples_are_previewed_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["all", "--markdown", str(tmp_path / "all")])
    shown = capsys.readouterr().out

    assert code == 0, shown
    assert sorted(file.name for file in (tmp_path / "all").iterdir()) == ["climate.md", "ocean.md", "teaching.md"]
    for stack in EXAMPLES:
        check_first_deployment(stack, (tmp_path / "all" / f"{stack}.md").read_text())
    assert "3 tenancies previewed in " in shown


def check_first_deployment(stack: str, text: str) -> None:
    """Check that the summary shows this stack's first deployment, and no paths of this machine."""
    assert text.startswith(f"<!-- pangeo-preview: {stack} -->\n")
    assert "**Policies** `pangeo-tenancy " in text
    assert "mandatory" not in text
    for declared in (RELEASE, "kubernetes:networking.k8s.io/v1:Ingress", "pulumi-python:dynamic/freeipa:Group"):
        assert f"+ create <code>{declared} pangeo" in text
    assert ("StorageClass" in text) == (stack != "ocean")
    assert "PANGEO_CLUSTER_CHECK=warn" in text
    assert [other for other in EXAMPLES if f"{other}_notebook_users" in text] == [stack]
    assert f"{gettempdir()}/pangeo-preview-" not in text


def release_changes(found: Preview) -> dict[str, PropertyChange]:
    [release] = [change for change in found.changes if change.type == RELEASE]
    return {change.path: change for change in release.properties}


def test_changes_are_listed_without_secrets(deployed: WatchedTenancy) -> None:
    """Larger notebooks, and Dask switched off, which removes its service from the hub's values."""
    deployed.write(clusterName="watched", externalIp="192.0.2.30", notebookRamGb=2, dask={"enabled": False})
    found = deployed.report()
    changes, text = release_changes(found), markdown(found)

    assert found.succeeded
    assert changes[f"{SINGLEUSER}.memory.limit"] == PropertyChange(f"{SINGLEUSER}.memory.limit", "1G", "2G")
    assert changes[GATEWAY_SERVICE] == PropertyChange(GATEWAY_SERVICE, "false", None)
    assert [path for path in changes if path.startswith(f"{SINGLEUSER}.cpu") or "LDAP" in path] == []
    assert f"- {SINGLEUSER}.memory.limit: 1G\n+ {SINGLEUSER}.memory.limit: 2G\n" in text
    assert "- notebookRamGb: 1\n+ notebookRamGb: 2\n" in text
    secrets = deployed.generated_secrets()
    assert len(secrets) == 2 * len(fields(HubSecrets)), "each, as text and in base64"
    assert [secret for secret in secrets if secret in text] == []


def test_unchanged_tenancy_has_no_changes(deployed: WatchedTenancy) -> None:
    found = deployed.report(expect_no_changes=True)

    assert found.succeeded
    assert found.changes == ()
    assert found.unchanged > 10


def test_immutable_setting_fails_the_preview(deployed: WatchedTenancy) -> None:
    deployed.write(clusterName="watched", externalIp="192.0.2.30", notebookStorageGb=5)
    found = deployed.report()

    assert not found.succeeded
    assert any("notebookStorageGb: 10 → 5 would lose users' files" in error for error in found.errors)


def test_manual_change_in_the_cluster_is_drift(deployed: WatchedTenancy, api_server: ApiServer) -> None:
    label = ("label", "namespace", "watched", "--overwrite")
    api_server.kubectl(*label, "pod-security.kubernetes.io/enforce=privileged")
    try:
        found = deployed.report(refresh=True, expect_no_changes=True)
    finally:
        api_server.kubectl(*label, "pod-security.kubernetes.io/enforce=baseline")

    assert not found.succeeded
    namespace = [change for change in found.changes if change.type == "kubernetes:core/v1:Namespace"]
    assert "privileged" in str(namespace)


def test_mandatory_policy_refuses_the_preview(tmp_path: Path) -> None:
    """The storage class is not in the organisation's settings."""
    policies = find_policies(PROJECT)
    assert policies is not None
    stack, _ = stand_in_stack("ocean", State(), tmp_path)
    found = preview(stack, policies=policies._replace(config=None))

    assert found.refused
    assert not found.succeeded
    [policy] = {violation.policy for violation in found.violations if violation.mandatory}
    assert policy == "retained-expandable-volumes"
    assert "csi-cinder-sc-retain" in markdown(found)
    assert yaml.safe_load((PROJECT / "stacks" / "policies.json").read_text())[policy]
