"""Isolation of a notebook on the real node: code in it has access only to its own user's resources."""

import json
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import yaml

from components.config.stack_file import STACKS, stack_path
from local import directory, lifecycle
from local.paths import PROJECT, State
from local.tenancy import engine
from tests.support.kernel import Kernel, KernelRaised
from tests.support.kubectl import list_objects, read_object
from tests.support.person import local_person

pytestmark = pytest.mark.cluster

USER, CLAIM, POD = "alice", "claim-alice", "jupyter-alice"
METADATA_SERVICES = ("169.254.169.254", "fd00:ec2::254")
"""Metadata services of OpenStack, AWS, Google and Azure, which return the machine's credentials."""

CGROUP_LIMITS = """
import json, pathlib
cgroup = pathlib.Path("/sys/fs/cgroup")
read = lambda name: (cgroup / name).read_text().split()
if (cgroup / "cgroup.controllers").exists():
    (quota, period), [memory] = read("cpu.max"), read("memory.max")
else:
    [quota], [period] = read("cpu/cpu.cfs_quota_us"), read("cpu/cpu.cfs_period_us")
    [memory] = read("memory/memory.limit_in_bytes")
print(json.dumps([int(quota) / int(period), int(memory)]))
"""
"""Prints the container's limits in CPUs and bytes, from version 2 or 1 of the control groups."""

DNS = 53
SECCOMP_FILTER = "2"


@pytest.fixture(scope="module")
def state() -> State:
    return State()


@pytest.fixture(scope="module")
def kernel(state: State) -> Iterator[Kernel]:
    directory.grant(state, USER, lifecycle.NOTEBOOK_USERS)
    alice = local_person(state, USER)
    assert alice.log_in() == 200
    alice.start_server()
    with Kernel(alice) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def pod(state: State, kernel: Kernel) -> dict[str, Any]:
    return read_object(state, "pod", POD)


@pytest.fixture(scope="module")
def tenancy() -> dict[str, Any]:
    """The settings of the local stack file."""
    config = yaml.safe_load(stack_path(engine.STACK, PROJECT / STACKS).read_text())["config"]
    return {key.removeprefix("pangeo:"): value for key, value in config.items()}


def test_a_notebook_has_no_service_account_token(kernel: Kernel, pod: dict[str, Any]) -> None:
    assert kernel.value("__import__('os').path.exists('/var/run/secrets')") is False
    assert "serviceAccountToken" not in json.dumps(pod["spec"].get("volumes", []))


def test_the_process_has_no_privileges_and_can_gain_none(kernel: Kernel) -> None:
    status = kernel.value("dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines())")

    assert "0" not in status["Uid"].split()
    assert status["NoNewPrivs"] == "1"
    assert {status[key].strip("0") for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {""}
    assert status["Seccomp"] == SECCOMP_FILTER


@pytest.mark.parametrize("folder", ["/", "/etc", "/usr/bin"])
def test_system_folders_are_not_writable(kernel: Kernel, folder: str) -> None:
    with pytest.raises(KernelRaised) as refused:
        kernel.run(f"open('{folder.rstrip('/')}/written-by-a-notebook', 'w')")

    assert refused.value.name == "PermissionError"


def test_no_program_of_the_image_gives_root(kernel: Kernel) -> None:
    escalate = "__import__('subprocess').run(['su', '-c', 'id -u'], input='', capture_output=True, text=True).stdout"

    assert kernel.value(escalate) == ""


def test_limits_and_guarantees_are_the_configured_ones(
    kernel: Kernel, pod: dict[str, Any], tenancy: dict[str, Any]
) -> None:
    cpus, memory_bytes = float(tenancy["notebookCpus"]), int(tenancy["notebookRamGb"] * 1024**3)
    [container] = pod["spec"]["containers"]
    wanted = {"cpu": f"{int(cpus * 1000)}m", "memory": str(memory_bytes)}
    temporary = {"ephemeral-storage": f"{tenancy['notebook']['temporaryStorageGb']}Gi"}
    assert container["resources"]["limits"] == wanted | temporary
    assert {each: container["resources"]["requests"][each] for each in wanted} == wanted

    assert json.loads(kernel.run(CGROUP_LIMITS)) == [cpus, memory_bytes]


def test_the_only_claim_is_the_users_own(kernel: Kernel, pod: dict[str, Any], state: State) -> None:
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    assert volumes.pop("files")["secret"]["secretName"] == "singleuser", "the program's code, the same for all users"
    assert [volume["persistentVolumeClaim"] for volume in volumes.values()] == [{"claimName": CLAIM}]
    volume = read_object(state, "pvc", CLAIM)["spec"]["volumeName"]

    mounts = kernel.value("[line.split()[3:5] for line in open('/proc/self/mountinfo')]")

    homes = [(source, at) for source, at in mounts if source.rpartition("/")[2].startswith("pvc-")]
    assert len(homes) == 1, "no other user's home, nor the hub's database"
    assert homes[0][0].rpartition("/")[2].startswith(volume)
    assert homes[0][1] == kernel.value("__import__('os').environ['HOME']")


def test_the_machines_processes_devices_and_network_are_hidden(kernel: Kernel, pod: dict[str, Any]) -> None:
    shared = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")
    assert [name for name in shared if pod["spec"].get(name)] == []

    programs = kernel.value(
        "[open(f'/proc/{p}/comm').read() for p in __import__('os').listdir('/proc') if p.isdigit()]"
    )
    assert not {"kubelet\n", "containerd\n", "etcd\n", "supervisord\n"} & set(programs)
    assert kernel.value("__import__('glob').glob('/dev/[svn][dv][ma]*')") == [], "no disk"


def test_the_environment_has_no_secret_of_the_hub(kernel: Kernel) -> None:
    names = kernel.value("sorted(__import__('os').environ)")

    hubs = {"CONFIGPROXY_AUTH_TOKEN", "JPY_COOKIE_SECRET", "JUPYTERHUB_CRYPT_KEY", "FREEIPA_BIND_PASSWORD"}
    assert hubs & set(names) == set()


@pytest.mark.parametrize("address", METADATA_SERVICES)
def test_policies_allow_only_dns_to_metadata_services(state: State, pod: dict[str, Any], address: str) -> None:
    labels = pod["metadata"]["labels"]
    policies = [each["spec"] for each in list_objects(state, "networkpolicy")]
    selecting = [
        policy for policy in policies if "Egress" in policy["policyTypes"] and selects(policy["podSelector"], labels)
    ]

    assert selecting, "no policy selects the pod, so everything is allowed"
    open_ports = [
        port["port"]
        for policy in selecting
        for rule in policy.get("egress") or []
        if reaches(rule.get("to") or [], address)
        for port in rule.get("ports") or [{"port": "any"}]
    ]
    assert set(open_ports) <= {DNS}


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    assert not selector.get("matchExpressions"), "matchExpressions are not supported here"
    return all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())


def reaches(peers: list[dict[str, Any]], address: str) -> bool:
    """Return whether a rule with these destinations allows an address outside the cluster; none allows all."""
    blocks = [peer["ipBlock"] for peer in peers if "ipBlock" in peer]
    return not peers or any(
        ip_address(address) in ip_network(block["cidr"])
        and not any(ip_address(address) in ip_network(excluded) for excluded in block.get("except") or [])
        for block in blocks
    )
