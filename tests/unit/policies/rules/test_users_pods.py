"""The rules that an organisation sets see a setting at every place of users' pods, not only at the program's own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.chart.values import chart_values
from policies import kinds
from policies.rule import Resource
from tests.support.tenancies import tenancy
from tests.unit.policies import declared

SECRET_KEY = {"secretKeyRef": {"name": "hub", "key": "hub.config.JupyterHub.cookie_secret"}}
VARIABLE = {"name": "SETTING", "valueFrom": SECRET_KEY}
HOME = {"name": "x", "persistentVolumeClaim": {"claimName": "claim-alice"}}
IMAGE = "example.com/a/b:1"
LETTERS = "aB3dE5gH7jK9mN1pQ4sT6vW8yZ2bC5dF0hJ3lM6o"
TOKEN = f"ghp_{LETTERS[:36]}"

HUB, SPAWNER, DASK = "jupyterhub__hub", "jupyterhub__hub__config__KubeSpawner", "dask-gateway__gateway"
NOTEBOOK, BACKEND = "jupyterhub__singleuser", f"{DASK}__backend"
CODE = {"hub": f"{HUB}__extraConfig__zz", "gateway": f"{DASK}__extraConfig__zz"}


def release(*changes: tuple[str, Any]) -> declared.Declared:
    return declared.release_with(**{f"values__{path}": value for path, value in changes})


def check(rule: str, path: str, value: Any, organisation: dict[str, Any] | None = None) -> list[str]:
    return declared.check(rule, release((path, value)), organisation=organisation).messages


def containers(*entries: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    return [{"name": "further", **settings, **({"env": list(entries)} if entries else {})}]


VARIABLES = [
    (f"{NOTEBOOK}__extraEnv", [VARIABLE]),
    (f"{NOTEBOOK}__extraEnv__SETTING", {"valueFrom": SECRET_KEY}),
    (f"{NOTEBOOK}__initContainers", containers(VARIABLE)),
    (f"{NOTEBOOK}__extraContainers", containers(VARIABLE)),
    (f"{NOTEBOOK}__extraContainers", containers(envFrom=[{"secretRef": {"name": "hub"}}])),
    (f"{NOTEBOOK}__extraPodConfig", {"initContainers": containers(VARIABLE)}),
    (f"{SPAWNER}__environment__SETTING", {"valueFrom": SECRET_KEY}),
    (f"{SPAWNER}__init_containers", containers(VARIABLE)),
    (f"{SPAWNER}__extra_containers", containers(VARIABLE)),
    (f"{SPAWNER}__extra_container_config", {"envFrom": [{"secretRef": {"name": "hub"}}]}),
    (f"{SPAWNER}__extra_container_config", {"env": [VARIABLE]}),
    (f"{SPAWNER}__group_overrides__x", {"spawner_override": {"environment": {"SETTING": {"valueFrom": SECRET_KEY}}}}),
    (f"{SPAWNER}__profile_list", [{"kubespawner_override": {"environment": {"SETTING": {"valueFrom": SECRET_KEY}}}}]),
    (f"{SPAWNER}__env_keep", ["CONFIGPROXY_AUTH_TOKEN"]),
    (CODE["hub"], f"c.KubeSpawner.environment = {{'SETTING': {{'valueFrom': {SECRET_KEY}}}}}"),
    (CODE["hub"], f"c.KubeSpawner.environment['SETTING'] = {{'valueFrom': {SECRET_KEY}}}"),
    (CODE["hub"], f"c.KubeSpawner.environment.update({{'SETTING': {{'valueFrom': {SECRET_KEY}}}}})"),
    (CODE["hub"], "c.Spawner.env_keep = ['CONFIGPROXY_AUTH_TOKEN']"),
    (CODE["hub"], "c.KubeSpawner.extra_container_config = {'envFrom': [{'secretRef': {'name': 'hub'}}]}"),
    (f"{BACKEND}__environment__SETTING", {"valueFrom": SECRET_KEY}),
    (CODE["gateway"], f"c.KubeClusterConfig.environment = {{'SETTING': {{'valueFrom': {SECRET_KEY}}}}}"),
    (CODE["gateway"], f"c.KubeClusterConfig.worker_extra_container_config = {{'env': [{VARIABLE}]}}"),
    *(
        (f"{BACKEND}__{part}__{setting}", value)
        for part in ("scheduler", "worker")
        for setting, value in (
            ("extraContainerConfig__env", [VARIABLE]),
            ("extraContainerConfig__envFrom", [{"secretRef": {"name": "hub"}}]),
            ("extraPodConfig__initContainers", containers(VARIABLE)),
            ("extraPodConfig__containers", containers(envFrom=[{"configMapRef": {"name": "x"}}])),
        )
    ),
]


@pytest.mark.parametrize(("path", "value"), VARIABLES)
def test_a_variable_from_a_secret_is_found_at_every_place(path: str, value: Any) -> None:
    (message,) = check("declared-variables", path, value)
    assert message.startswith(".".join(path.removeprefix("jupyterhub__").split("__")[:4]))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{BACKEND}__environment__LD_PRELOAD", "/x"),
        (f"{BACKEND}__worker__extraContainerConfig__env", [{"name": "DASK_GATEWAY__AUTH__TYPE", "value": "basic"}]),
        (f"{HUB}__extraEnv__PYTHONPATH", "/shared"),
        (f"{HUB}__extraContainers", containers({"name": "LD_PRELOAD", "value": "/x"})),
        (f"{DASK}__env", [{"name": "PYTHONPATH", "value": "/x"}]),
        ("jupyterhub__proxy__chp__extraEnv__LD_PRELOAD", "/x"),
    ],
)
def test_a_reserved_variable_is_found_in_every_pod(path: str, value: Any) -> None:
    (message,) = check("declared-variables", path, value)
    assert "is not the program's: it " in message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{BACKEND}__environment__EDITOR", "vi"),
        (f"{BACKEND}__worker__extraContainerConfig__env", [{"name": "OMP_NUM_THREADS", "value": "1"}]),
        (f"{HUB}__extraEnv__SETTING", {"valueFrom": {"secretKeyRef": {"name": "own", "key": "key"}}}),
        (CODE["hub"], "c.KubeSpawner.environment = read('/etc/variables')"),
        (CODE["hub"], "c.Spawner.env_keep = []"),
        (f"{SPAWNER}__env_keep", []),
    ],
)
def test_other_variables_are_accepted(path: str, value: Any) -> None:
    assert check("declared-variables", path, value) == []


def test_variables_of_a_chart_that_is_not_enabled_are_not_checked() -> None:
    off = (f"{DASK.split('__')[0]}__enabled", False)
    assert (
        declared.check("declared-variables", release(off, (f"{BACKEND}__environment__LD_PRELOAD", "/x"))).messages == []
    )


@pytest.mark.parametrize(
    "path",
    [
        f"{NOTEBOOK}__storage__extraVolumes",
        f"{NOTEBOOK}__extraPodConfig__volumes",
        f"{SPAWNER}__volumes",
        f"{SPAWNER}__extra_pod_config__volumes",
        f"{SPAWNER}__profile_list__x__kubespawner_override__volumes",
        f"{SPAWNER}__group_overrides__x__spawner_override__volumes",
        f"{BACKEND}__scheduler__extraPodConfig__volumes",
        f"{BACKEND}__worker__extraPodConfig__volumes",
        f"{HUB}__extraVolumes",
    ],
)
def test_a_foreign_volume_is_found_at_every_place(path: str) -> None:
    for source in ({"persistentVolumeClaim": {"claimName": "claim-alice"}}, {"hostPath": {"path": "/"}}):
        (message,) = check("shared-folders", path, [{"name": "x", **source}])
        assert f" mounts {'the claim' if 'persistentVolumeClaim' in source else 'hostPath'}" in message
        (message,) = check("shared-folders", path, {"x": {"name": "x", **source}})
        assert f"{path.rpartition('__')[2]}.x mounts " in message
    assert check("shared-folders", path, [{"name": "x", "emptyDir": {"medium": "Memory"}}]) == []


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("hub", f"c.KubeSpawner.volumes = [{HOME}]"),
        ("hub", f"c.KubeSpawner.volumes.append({HOME})"),
        ("hub", f"c.KubeSpawner.extra_pod_config = {{'volumes': [{HOME}]}}"),
        ("gateway", f"c.KubeClusterConfig.worker_extra_pod_config = {{'volumes': [{HOME}]}}"),
    ],
)
def test_a_foreign_volume_in_code_is_found(part: str, code: str) -> None:
    (message,) = check("shared-folders", CODE[part], code)
    assert 'mounts the claim "claim-alice"' in message


def test_a_secret_is_a_volume_of_the_hub_only() -> None:
    volume = [{"name": "x", "secret": {"secretName": "hub"}}]
    assert check("shared-folders", f"{HUB}__extraVolumes", volume) == []
    (message,) = check("shared-folders", f"{BACKEND}__worker__extraPodConfig__volumes", volume)
    assert message == (
        "dask-gateway.gateway.backend.worker.extraPodConfig.volumes[0] mounts secret; Dask's pods have the folders of "
        "their user's server only"
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{SPAWNER}__init_containers", containers(image=IMAGE)),
        (f"{SPAWNER}__extra_containers", containers(image=IMAGE)),
        (f"{SPAWNER}__group_overrides__x__spawner_override__image", IMAGE),
        (f"{SPAWNER}__profile_list", [{"kubespawner_override": {"image": IMAGE}}]),
        (f"{SPAWNER}__volumes", [{"name": "x", "image": {"reference": IMAGE}}]),
        (f"{NOTEBOOK}__initContainers", containers(image=IMAGE)),
        (f"{HUB}__initContainers", containers(image=IMAGE)),
        (f"{BACKEND}__worker__extraPodConfig__initContainers", containers(image=IMAGE)),
        (f"{BACKEND}__scheduler__extraPodConfig__containers", containers(image=IMAGE)),
        ("jupyterhub__prePuller__extraImages__x", {"name": "example.com/a/b", "tag": "1"}),
        (CODE["hub"], f"c.KubeSpawner.image = '{IMAGE}'"),
        (CODE["hub"], f"c.KubeSpawner.init_containers.append({{'name': 'x', 'image': '{IMAGE}'}})"),
        (CODE["gateway"], f"c.KubeClusterConfig.image = '{IMAGE}'"),
    ],
)
def test_an_image_is_found_at_every_place(path: str, value: Any) -> None:
    (message,) = check("approved-images", path, value)
    assert f" is {IMAGE}, which is not from an approved registry" in message
    assert (
        check("approved-images", path, value, {"registries": ["example.com", "docker.io", "quay.io", "ghcr.io"]}) == []
    )


@pytest.mark.parametrize(
    ("path", "value"), [(f"{SPAWNER}__storage_class", "nfs"), (CODE["hub"], "c.KubeSpawner.storage_class = 'nfs'")]
)
def test_a_storage_class_is_found_at_every_place(path: str, value: Any) -> None:
    (message,) = check("retained-expandable-volumes", path, value)
    assert "storage_class: the storage class nfs, which this stack does not create" in message
    assert check("retained-expandable-volumes", path, value, {"classes": ["nfs"]}) == []


EGRESS = [{"ports": [{"port": 443, "protocol": "TCP"}], "to": [{"ipBlock": {"cidr": "10.99.0.0/16"}}]}]


@pytest.mark.parametrize("path", [f"{NOTEBOOK}__networkPolicy__egress", "dask__egress__users"])
def test_a_private_network_in_the_values_must_be_approved(path: str) -> None:
    def check_networks(**organisation: list[str]) -> list[str]:
        return declared.check_stack("approved-networks", [release((path, EGRESS))], organisation=organisation)

    (message,) = check_networks(networks=["10.20.0.0/16"])
    assert message == (
        f"{'.'.join(path.split('__')).removeprefix('jupyterhub.')}[0] allows connections to 10.99.0.0/16, which the "
        "settings of this rule do not contain"
    )
    assert len(check_networks(networks=["10.99.0.0/16"], ports=["80"])) == 1
    assert check_networks(networks=["10.99.0.0/16"], ports=["443"]) == []
    assert check_networks() == []
    assert len(check("network-policies", path, EGRESS)) == 1


def test_networks_of_the_stack_file_are_reported_once() -> None:
    network = {"reach": [{"name": "store", "cidrs": "10.20.0.6", "ports": [443, "9000-9001"]}]}
    own = declared.release_with(values=chart_values(tenancy(storage=declared.STORAGE, network=network)))
    stack = declared.config(network=network)
    for networks, number in (["10.20.0.0/16"], 0), (["10.30.0.0/16"], 1):
        organisation = {"networks": networks, "ports": ["443", "9000-9100"]}
        found = declared.check_stack("approved-networks", [own], stack=stack, organisation=organisation)
        assert len(found) == number


@pytest.mark.parametrize("part", ["scheduler", "worker"])
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("extraPodConfig__hostNetwork", True),
        ("extraPodConfig__hostPID", True),
        ("extraPodConfig__serviceAccountName", "hub"),
        ("extraPodConfig__initContainers", containers(image="docker.io/pangeo/a:1")),
        ("extraPodConfig__securityContext__runAsUser", 0),
        ("extraContainerConfig__securityContext__privileged", True),
        ("extraContainerConfig__lifecycle", {"postStart": {"exec": {"command": ["sh"]}}}),
    ],
)
def test_dask_pods_have_only_the_programs_rights(part: str, setting: str, value: Any) -> None:
    found = check("pod-security", f"{BACKEND}__{part}__{setting}", value)
    assert found != []
    assert all(each.startswith(f"dask-gateway.gateway.backend.{part}.{setting.split('__')[0]}.") for each in found)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("extraPodConfig__nodeSelector", {"pool": "dask"}),
        ("extraPodConfig__tolerations", [{"key": "pool", "value": "dask"}]),
        ("extraPodConfig__volumes", [{"name": "shm", "emptyDir": {"medium": "Memory"}}]),
        ("extraContainerConfig__volumeMounts", [{"name": "shm", "mountPath": "/dev/shm"}]),
        ("extraContainerConfig__env", [{"name": "OMP_NUM_THREADS", "value": "1"}]),
    ],
)
def test_an_organisation_can_add_reviewed_settings_of_dask_pods(setting: str, value: Any) -> None:
    path = f"{BACKEND}__worker__{setting}"
    further = {"program-values": {"furtherSettings": [f"{'.'.join(path.split('__'))}.**"]}}
    assert check("program-values", path, value) != []
    for rule in declared.RESOURCE_RULES:
        assert check(rule, path, value, further.get(rule)) == []


@pytest.mark.parametrize("path", [f"{SPAWNER}__common_labels", f"{SPAWNER}__component_label"])
def test_labels_of_network_policies_are_not_replaced_by_the_spawner(path: str) -> None:
    assert len(check("pod-security", path, "other")) == 1


def test_labels_of_network_policies_are_not_replaced_by_further_labels() -> None:
    def check_label(name: str, value: str) -> list[str]:
        return check("network-policies", f"{NOTEBOOK}__extraLabels__{name}", value)

    for name, value in (
        ("component", "other"),
        ("release", "other"),
        ("app.kubernetes.io/component", "traefik"),
        ("hub.jupyter.org/network-access-proxy-api", "true"),
        ("hub.jupyter.org/network-access-hub", "false"),
        ("gateway.dask.org/cluster", "x"),
    ):
        assert check_label(name, value) == [
            f"singleuser.extraLabels.{name} is a label by which network policies and services select pods"
        ]
    for name in ("team", "example.org/team", "myk8s.io/team"):
        assert check_label(name, "ocean") == []
    assert check_label("hub.jupyter.org/network-access-hub", "true") == []


def test_code_of_the_gateway_is_reviewed() -> None:
    foreign = (CODE["gateway"], "c.KubeClusterConfig.worker_extra_pod_config = read()")
    changed = (f"{DASK}__extraConfig__users", "c.BoundedKubeBackend.approved_images = []")
    messages = declared.check("reviewed-hub-code", release(foreign, changed)).messages
    assert sorted(messages) == [
        "gateway.extraConfig.users differs from the code in this checkout",
        "gateway.extraConfig.zz is not part of this project; it runs in the Dask gateway and can change images, "
        "variables and volumes of users' pods",
    ]
    assert check("reviewed-hub-code", *foreign, {"furtherPieces": ["zz"]}) == []
    (message,) = check("reviewed-hub-code", f"{DASK}__extraConfig", "c.x = 1")
    assert message == "gateway.extraConfig is one text; its pieces need names"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{BACKEND}__environment__PGPASSWORD", "hunter22"),
        (f"{BACKEND}__worker__extraContainerConfig__env", [{"name": "PGPASSWORD", "value": "hunter22"}]),
        (f"{NOTEBOOK}__initContainers", containers({"name": "API_KEY", "value": "hunter22"})),
        (f"{NOTEBOOK}__extraEnv__API_KEY", {"value": "hunter22"}),
        (f"{HUB}__extraEnv", [{"name": "API_KEY", "value": "hunter22"}]),
        (f"{DASK}__env", [{"name": "API_KEY", "value": "hunter22"}]),
        (f"{BACKEND}__environment__SETTING", TOKEN),
        (f"{NOTEBOOK}__cmd", ["start", f"--token={TOKEN}"]),
        (CODE["hub"], f"c.KubeSpawner.environment = {{'SETTING': '{TOKEN}'}}"),
        (CODE["gateway"], "c.KubeClusterConfig.environment = {'PIP_INDEX_URL': 'https://anna:hunter22@example.org/'}"),
    ],
)
def test_a_secret_in_plain_text_is_found_at_every_place(path: str, value: Any) -> None:
    others = [each for each in declared.good_stack() if each.type != kinds.RELEASE.type]
    (message,) = declared.check_stack("no-plain-text-secrets", [*others, release((path, value))])
    assert message.startswith(f"values.{'.'.join(path.split('__'))}")
    assert "contains a" in message
    assert TOKEN not in message
    assert "hunter22" not in message


IN_WORKERS = "dask-gateway: {gateway: {backend: {worker: {extraPodConfig: {%s}}}}}"


@pytest.mark.parametrize(
    ("rule", "text", "message"),
    [
        ("declared-variables", "jupyterhub: {singleuser: {extraEnv: {LD_PRELOAD: /x}}}", "extraEnv.LD_PRELOAD"),
        ("shared-folders", IN_WORKERS % "volumes: [{hostPath: {}}]", "hostPath"),
        ("pod-security", IN_WORKERS % "hostNetwork: true", "hostNetwork"),
        ("no-plain-text-secrets", "dask-gateway: {gateway: {backend: {environment: {A_TOKEN: hunter22}}}}", "A_TOKEN"),
    ],
)
def test_the_charts_file_is_checked_as_well(tmp_path: Path, rule: str, text: str, message: str) -> None:
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart" / "values.yaml").write_text(text)
    checked = declared.rule(rule)
    context = replace(declared.context(), settings=checked.defaults, checkout=tmp_path)
    resource = Resource(kinds.RELEASE.type, "pangeo", declared.release().props)
    found = checked.check(resource, context) if checked.check else checked.check_stack([resource], context)  # type: ignore[misc]
    (only,) = found
    assert message in str(only)
    assert "hunter22" not in str(only)


TAINT = {"key": "example.org/pool", "value": "users", "effect": "NoSchedule"}
POOL = {"name": "all", "count": 3, "cpus": 8, "ramGb": 32, "labels": {"pool": "all"}, "taints": [TAINT]}
POOLS = {"pools": [{**POOL, "placeholders": 1}]}


PROFILES = {"profiles": [{"name": "A", "pool": "all"}]}


def check_pools(rule: str, **changes: Any) -> list[str]:
    """Check the release of a tenancy with pools, with changed values."""
    values = chart_values(tenancy(storage=declared.STORAGE, workers=POOLS, notebook=PROFILES))
    own = declared.release_with(values=declared.change(values, changes))
    return declared.check(rule, own, stack=declared.config(workers=POOLS, notebook=PROFILES)).messages


def test_the_placement_of_pools_is_accepted() -> None:
    assert check_pools("pod-security") == []
    assert check_pools("program-values") == []
    assert check_pools("approved-images") == []


@pytest.mark.parametrize("path", [f"{NOTEBOOK}__extraTolerations", f"{SPAWNER}__tolerations"])
@pytest.mark.parametrize("value", [[], [{"operator": "Exists"}], [{**TAINT, "operator": "Exists"}]])
def test_notebooks_tolerate_the_taints_of_their_pools_only(path: str, value: Any) -> None:
    (message,) = check_pools("pod-security", **{path: value})
    assert "differs from pangeo:workers.pools" in message


@pytest.mark.parametrize("toleration", [{"operator": "Exists"}, {**TAINT, "operator": "Exists"}, "x"])
def test_profiles_tolerate_the_taints_of_pools_only(toleration: object) -> None:
    own = {"kubespawner_override": {"tolerations": [{**TAINT, "operator": "Equal"}]}}
    assert check_pools("pod-security", **{f"{NOTEBOOK}__profileList": [own]}) == []
    option = {"size": {"choices": {"A": {"kubespawner_override": {"tolerations": [toleration]}}}}}
    (message,) = check_pools("pod-security", **{f"{NOTEBOOK}__profileList": [{"profile_options": option}]})
    assert "size.choices.A.kubespawner_override.tolerations[0] is not that of a taint" in message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{SPAWNER}__node_affinity_required", []),
        (f"{NOTEBOOK}__extraNodeAffinity__required", []),
        (f"{NOTEBOOK}__profileList", [{"display_name": "A", "kubespawner_override": {"tolerations": []}}]),
        (f"{HUB}__extraPodSpec__affinity", {}),
        (f"{BACKEND}__worker__extraPodConfig__affinity", {}),
        (f"{BACKEND}__scheduler__extraPodConfig__tolerations", [{"operator": "Exists"}]),
        ("jupyterhub__scheduling__userPlaceholder__replicas", 9),
        ("jupyterhub__scheduling__userPlaceholder__extraPodSpec__hostNetwork", True),
    ],
)
def test_pods_have_the_place_of_the_stack_file(path: str, value: Any) -> None:
    assert check_pools("program-values", **{path: value}) != []
