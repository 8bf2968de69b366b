"""Errors of chart templates, which helm prints with the values, contain no secret of the stack."""

import base64
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path

import pytest
from pulumi import automation
from pulumi.automation.errors import CommandError

from components.chart.secrets import SECRET_NAME, HubSecrets
from local.paths import PROJECT
from tests.support.api_server import ApiServer
from tests.support.directory import ThrowAwayDirectory
from tests.support.inline_program import pause_after_failure
from tests.support.tenancy_stack import TenancyStack

pytestmark = pytest.mark.engine

CLUSTER = "printing"
RANDOM = "random:index/randomPassword:RandomPassword"
HUB = """\
{{- $hub := dict "Values" .Values.jupyterhub "Release" .Release }}
apiVersion: v1
kind: Secret
metadata: {name: hub}
stringData:
  proxy: {{ include "jupyterhub.hub.config.ConfigurableHTTPProxy.auth_token" $hub | quote }}
  cookie: {{ include "jupyterhub.hub.config.JupyterHub.cookie_secret" $hub | quote }}
  keys: {{ include "jupyterhub.hub.config.CryptKeeper.keys" $hub | quote }}
  gateway: {{ include "jupyterhub.hub.services.get_api_token" (list $hub "dask-gateway") | quote }}
  members: {{ include "jupyterhub.hub.services.get_api_token" (list $hub "pangeo-members") | quote }}
  verify: {{ include "jupyterhub.hub.services.get_api_token" (list $hub "pangeo-verify") | quote }}
"""
"""Reads the secrets as the charts do."""


@dataclass
class Failure:
    """Everything that a failed run shows: its error, its output and the engine's events."""

    text: str = field(repr=False)

    def contains(self, secret: str) -> bool:
        return secret in self.text or base64.b64encode(secret.encode()).decode() in self.text


class PrintingStack(TenancyStack):
    """A tenancy whose chart has the product's definitions of secrets, and a template that a test can break."""

    def write_template(self, text: str) -> None:
        (self.folder / "chart" / "templates" / "broken.yaml").write_text(text)

    def failure(self) -> Failure:
        """Run an ``up`` that must fail."""
        seen: list[str] = []

        def record(event: automation.EngineEvent) -> None:
            seen.append(json.dumps(event, default=vars))

        try:
            with self.environment_set(), pause_after_failure():
                self._stack.up(color="never", on_event=record, on_output=seen.append, diff=True)
        except CommandError as error:
            return Failure("\n".join([*seen, str(error)]))
        raise AssertionError("up did not fail")

    def secrets(self, tools: Path) -> list[str]:
        found = [each["outputs"]["result"] for each in self.state_with_secrets(tools) if each["type"] == RANDOM]
        assert len(found) == len(fields(HubSecrets))
        return found


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, tools: Path, directory: ThrowAwayDirectory, api_server: ApiServer
) -> Iterator[PrintingStack]:
    stack = PrintingStack(tmp_path_factory.mktemp("printing"), tools, directory, api_server.kubeconfig)
    stack.write(clusterName=CLUSTER, dask={"enabled": False}, protect=False)
    templates = stack.folder / "chart" / "templates"
    shutil.copy(PROJECT / "chart" / "templates" / "_secrets.tpl", templates)
    (templates / "hub.yaml").write_text(HUB)
    stack.up()
    yield stack
    stack.write_template("")
    stack.destroy()


def test_the_chart_reads_the_secrets_from_the_kubernetes_secret(
    stack: PrintingStack, tools: Path, api_server: ApiServer
) -> None:
    given = api_server.read("secret", SECRET_NAME, "--namespace", CLUSTER)["data"]
    read = api_server.read("secret", "hub", "--namespace", CLUSTER)["data"]

    assert sorted(read.values()) == sorted(given.values())
    assert sorted(base64.b64decode(value).decode() for value in read.values()) == sorted(stack.secrets(tools))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ fail (toJson .Values) }}", "announcement_login"),
        ("{{ range .Values.jupyterhub.hub.config.JupyterHub.authenticator_class }}{{ end }}", "range can't iterate"),
        (
            "{{ toYaml .Values.jupyterhub | required .Values.missing }}{{ fail (toYaml .Values.jupyterhub) }}",
            "delete_pvc",
        ),
        ("{{ index .Values.jupyterhub.hub 1 }}", "error calling index"),
        ("{{ toYaml .Values }}", "kind not set"),
    ],
)
def test_a_broken_template_prints_no_secret(stack: PrintingStack, tools: Path, template: str, expected: str) -> None:
    stack.write_template(template)

    failure = stack.failure()

    assert expected in failure.text
    assert not any(failure.contains(secret) for secret in stack.secrets(tools))


def test_values_that_the_schema_refuses_print_no_secret(stack: PrintingStack, tools: Path) -> None:
    stack.write_template("")
    refused = {"properties": {"jupyterhub": {"enum": ["nothing"]}, "digests": {"maxProperties": 0}}}
    schema = stack.folder / "chart" / "values.schema.json"
    schema.write_text(json.dumps(refused))
    try:
        failure = stack.failure()
    finally:
        schema.unlink()

    assert "don't meet the specifications of the schema" in failure.text
    assert not any(failure.contains(secret) for secret in stack.secrets(tools))
