"""The inputs of the release, and the values that differ from the program's, wherever they are set."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.chart.archives import CHART
from components.chart.values import chart_values
from policies.rule import Resource
from policies.rules.values import CHART_FILE, MAX_MESSAGES
from tests.support.tenancies import tenancy
from tests.unit.policies import declared

SECRET = "correct horse battery staple"


def check_values(further: tuple[str, ...] = (), **changes: Any) -> list[str]:
    """Check the hub's release with changed values of the chart ``jupyterhub``."""
    return declared.check(
        "program-values", declared.release(**changes), organisation={"furtherSettings": list(further)}
    ).messages


def check_chart_file(folder: Path, text: str) -> list[str]:
    """Check the program's release with this text as ``chart/values.yaml``."""
    (folder / "chart").mkdir()
    (folder / "chart" / "values.yaml").write_text(text)
    rule = declared.rule("program-values")
    assert rule.check
    context = replace(declared.context(), settings=rule.defaults, checkout=folder)
    return list(rule.check(Resource("", "", declared.release().props), context))


def test_the_rule_knows_the_content_of_the_charts_file() -> None:
    assert yaml.safe_load((CHART / "values.yaml").read_text()) == CHART_FILE


def test_the_programs_values_are_accepted() -> None:
    assert check_values() == []


@pytest.mark.parametrize(
    ("piece", "message"),
    [
        ("zz", "gateway.extraConfig.zz is another text; the program does not set it"),
        ("users", "gateway.extraConfig.users is another text; the program sets another text"),
    ],
)
def test_other_images_of_dask_clusters_are_reported(piece: str, message: str) -> None:
    code = "c.BoundedKubeBackend.approved_images = []"
    (found,) = declared.check("program-values", declared.gateway(**{f"gateway__extraConfig__{piece}": code})).messages
    assert message in found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hub__args": ["--Authenticator.allow_all=True"]}, "hub.args[0] is another text; the program does not set it"),
        ({"hub__command": ["sh"]}, "hub.command[0] is another text; the program does not set it"),
        ({"hub__config__Authenticator__allow_all": True}, "allow_all is true; the program does not set it"),
        ({"hub__config__Authenticator__enable_auth_state": False}, "enable_auth_state is false; the program sets true"),
        ({"hub__config__KubeSpawner__delete_pvc": 0}, "delete_pvc is 0; the program sets false"),
        ({"hub__config__Authenticator__admin_users": ["admin", "mallory"]}, "admin_users differs from the program's"),
        ({"hub__extraConfig": declared.REMOVED}, "hub.extraConfig is missing; the program sets it"),
        ({"hub__networkPolicy": None}, "hub.networkPolicy differs from the program's value"),
        ({"singleuser__profileList": [{"privileged": True}]}, "singleuser.profileList differs from the program's"),
        ({"singleuser__uid": 0}, "singleuser.uid is 0; the program does not set it"),
        ({"singleuser__networkPolicy__ingress": [{}]}, "networkPolicy.ingress[0] is empty; the program does not set"),
        ({"hub__extraPodSpec__affinity": {}}, "hub.extraPodSpec.affinity is empty; the program does not set it"),
        ({"hub__tolerations": [[]]}, "hub.tolerations[0] is another value; the program does not set it"),
        ({"hub__image__pullPolicy": []}, "hub.image.pullPolicy is another value; the program does not set it"),
        ({"singleuser__extraPodConfig__hostNetwork": True}, "hostNetwork is true; the program does not set it"),
        ({"custom__a": {"b": None}}, "custom.a.b is null; the program does not set it"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_value_that_differs_is_refused_with_its_path(changes: dict[str, Any], message: str) -> None:
    (found,) = check_values(**changes)
    assert found.startswith("jupyterhub.")
    assert message in found


def test_a_value_in_the_charts_file_is_refused_with_its_place(tmp_path: Path) -> None:
    (found,) = check_chart_file(tmp_path, "jupyterhub: {hub: {config: {Authenticator: {allow_all: true}}}}")
    assert found == (
        "jupyterhub.hub.config.Authenticator.allow_all, in chart/values.yaml, is true; the program does not set it"
    )


def test_a_value_in_the_charts_file_below_one_of_the_program_has_no_effect(tmp_path: Path) -> None:
    text = "jupyterhub: {singleuser: {allowPrivilegeEscalation: true}}"
    assert check_chart_file(tmp_path, text) == []


def test_a_value_in_place_of_a_mapping_drops_the_defaults_below_it(tmp_path: Path) -> None:
    (found,) = check_chart_file(tmp_path, "jupyterhub: {hub: null}")
    assert found.startswith("jupyterhub.hub, in chart/values.yaml, is not a mapping")


def test_no_value_that_may_be_secret_is_printed() -> None:
    (found,) = check_values(hub__extraEnv={"PASSWORD": SECRET})
    assert SECRET not in found


def test_a_missing_digest_of_the_secrets_is_refused() -> None:
    release = declared.gateway(gateway__annotations={})
    (found,) = declared.check("program-values", release).messages
    assert found == "dask-gateway.gateway.annotations.tenancy.pangeo/secrets is missing; the program sets it"


def test_many_differences_are_counted() -> None:
    found = check_values(custom={f"key{number}": number for number in range(MAX_MESSAGES + 3)})
    assert (len(found), found[-1]) == (MAX_MESSAGES + 1, "and 3 more values differ from the program's")


@pytest.mark.parametrize(
    "changes",
    [
        {"hub__resources__requests__cpu": "500m"},
        {"hub__resources__limits": {"memory": "2Gi"}},
        {"hub__nodeSelector": {"pool": "core"}},
        {"hub__tolerations": [{"key": "pool", "operator": "Equal", "value": "core", "effect": "NoSchedule"}]},
        {"imagePullSecrets": ["registry"]},
        {"singleuser__image__pullPolicy": "Always"},
        {"hub__config__JupyterHub__template_vars__announcement": "Maintenance on Monday, 9:00."},
        {"hub__concurrentSpawnLimit": 10},
        {"hub__livenessProbe__periodSeconds": 20},
    ],
    ids=str,
)
def test_harmless_settings_may_differ(changes: dict[str, Any]) -> None:
    assert check_values(**changes) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"hub__resources__limits": {"nvidia.com/gpu": 1}},
        {"hub__nodeSelector": {"pool": "core\n  hostNetwork: true"}},
        {"hub__nodeSelector": {"pool: core\n  hostNetwork": "true"}},
        {"singleuser__nodeSelector": {"{{ .Values.secret }}": "x"}},
        {"singleuser__extraTolerations": [{"operator": "Exists"}]},
        {"singleuser__extraLabels": {"app.kubernetes.io/component": "traefik"}},
        {"singleuser__extraLabels": {"hub.jupyter.org/network-access-hub": "true"}},
        {"hub__labels": {"component": "proxy"}},
        {"hub__config__JupyterHub__template_vars__announcement": "<script src=//example.com></script>"},
        {"hub__config__JupyterHub__template_vars__base_url": "example.com"},
        {"hub__concurrentSpawnLimit": "10\nhostNetwork: true"},
        {"hub__livenessProbe__exec": {"command": ["sh"]}},
        {"imagePullSecrets": {"privileged": True}},
    ],
    ids=str,
)
def test_harmful_values_of_such_settings_are_refused(changes: dict[str, Any]) -> None:
    assert len(check_values(**changes)) == 1


@pytest.mark.parametrize("part", ["hub__labels", "proxy__labels", "singleuser__extraLabels"])
def test_labels_of_the_organisations_own_domains_may_be_set(part: str) -> None:
    own = {"labelDomains": ["example.org", "kubernetes.io"]}

    def check(labels: dict[str, str]) -> int:
        changes: dict[str, Any] = {part: labels}
        release = declared.release(**changes)
        return len(declared.check("program-values", release, organisation=own).messages)

    assert check({"example.org/project": "vis"}) == 0
    assert (
        len(declared.check("program-values", declared.release(**{part: {"example.org/project": "vis"}})).messages) == 1
    )
    for name in (
        "azure.workload.identity/use",
        "kubernetes.io/x",
        "app.kubernetes.io/component",
        "app",
        "x.example.org/y",
    ):
        assert check({name: "true"}) == 1


def test_an_organisation_allows_further_settings() -> None:
    tolerations: dict[str, Any] = {"singleuser__extraTolerations": [{"key": "gpu", "operator": "Exists"}]}
    assert len(check_values(**tolerations)) == 2
    assert check_values(("jupyterhub.singleuser.extraTolerations.**",), **tolerations) == []
    assert check_values(("jupyterhub.singleuser.*.*.key", "jupyterhub.*.*.*.operator"), **tolerations) == []
    assert len(check_values(("jupyterhub.singleuser.extraTolerations",), **tolerations)) == 2


def test_unknown_digests_are_accepted_and_other_unknown_values_are_not() -> None:
    annotation = {"values__dask-gateway__gateway__annotations": {"tenancy.pangeo/secrets": declared.UNKNOWN}}
    digests = declared.release_with(values__digests={"chart": "", "secrets": declared.UNKNOWN}, **annotation)
    assert declared.check("program-values", digests).messages == []
    (found,) = declared.check("program-values", declared.release_with(values__digests__secrets="a: b")).messages
    assert found.startswith("digests.secrets, in chart/values.yaml, is another text")
    (found,) = check_values(hub__labels={"a": declared.UNKNOWN})
    assert found == "jupyterhub.hub.labels.a is not known in this preview; the program does not set it"


@pytest.mark.parametrize(
    "name",
    [
        *("valueYamlFiles", "postrender", "repositoryOpts", "reuseValues", "resetValues", "devel", "keyring"),
        *("disableOpenapiValidation", "disableWebhooks", "dependencyUpdate", "allowNullValues", "forceUpdate", "new"),
    ],
)
def test_inputs_that_no_rule_checks_are_refused(name: str) -> None:
    given: Any = [{"path": "more.yaml"}] if name == "valueYamlFiles" else {"repo": "x"} if name[-4:] == "Opts" else True
    (found,) = declared.check("release-inputs", declared.release_with(**{name: given})).messages
    assert found == f"{name} is set; it changes what Helm renders, and no rule would see the result"
    defaults: tuple[Any, ...] = ("", False, [], {}, None, 0)
    for default in defaults:
        assert declared.check("release-inputs", declared.release_with(**{name: default})).messages == []


@pytest.mark.parametrize("name", ["name", "namespace"])
def test_the_releases_name_and_namespace_are_the_tenancys(name: str) -> None:
    (found,) = declared.check("release-inputs", declared.release_with(**{name: "default"})).messages
    assert found == f'{name} is "default"; for this stack\'s configuration it must be vis-pangeo'
    assert len(declared.check("release-inputs", declared.release_with(**{name: declared.REMOVED})).messages) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"jupyterhub__hub__image": {"name": "registry.example.org/cache/quay.io/jupyterhub/k8s-hub-other"}},
        {"jupyterhub__hub__image": {"name": "quay.io/jupyterhub/k8s-hub"}},
        {"jupyterhub__hub__image__tag": "1"},
        {"dask-gateway__traefik__image__name": "registry.example.com/docker.io/library/traefik"},
        {"jupyterhub__imagePullSecrets": [{"name": "other"}]},
        {"jupyterhub__imagePullSecrets": ["registry-login"]},
        {"jupyterhub__imagePullSecrets": [{"name": "registry-login"}, {"name": "other"}]},
        {"jupyterhub__singleuser__image__pullSecrets": ["other"]},
        {"dask-gateway__controller__imagePullSecrets": []},
        {"dask-gateway__gateway__backend__imagePullSecrets": [{"name": "other"}]},
    ],
    ids=str,
)
def test_mirror_and_pull_secrets_are_exactly_those_of_the_stack(changes: dict[str, Any]) -> None:
    registries = {"mirror": "registry.example.org/cache", "pullSecrets": ["registry-login"]}
    stack = declared.config(registries=registries)
    given = tenancy(storage=declared.STORAGE, registries=registries)

    def check(changed: dict[str, Any]) -> list[str]:
        values = chart_values(given, chart_digest="0" * 64, secrets_digest="1" * 64)
        release = declared.release_with(values=declared.change(values, changed))
        return declared.check("program-values", release, stack=stack).messages

    assert check({}) == []
    assert len(check(changes)) == 1


@pytest.mark.parametrize(("key", "refused"), [({}, True), ({"apiServer": "cilium"}, False)], ids=str)
def test_access_to_the_api_server_follows_the_stack_file(key: dict[str, str], refused: bool) -> None:
    release = declared.release_with(values__apiServer="cilium")
    found = declared.check("program-values", release, stack=declared.config(network=key)).messages
    assert found == (["apiServer is another text; the program does not set it"] if refused else [])
