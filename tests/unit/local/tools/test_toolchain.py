"""Which Go programs are built, and when one on PATH will do."""

import pytest

from local.tools.toolchain import pinned_version, says_version, tools

ANSWERS = {
    "pulumi": "v3.259.0\n",
    "kube-apiserver": "Kubernetes v1.34.4\n",
    "kubectl": "Client Version: v1.34.4\nKustomize Version: v5.7.1\n",
    "helm": "v3.19.4+g7cfb6e4\n",
    "etcd": "etcd Version: 3.6.5\nGit SHA: a061450\n",
    "coredns": "CoreDNS-1.12.4\nlinux/amd64, go1.26.8,\n",
}


def version_of(name: str) -> str:
    return next(tool.version for tool in tools() if tool.name == name)


def test_every_tool_has_the_version_its_module_pins() -> None:
    versions = {tool.name: tool.version for tool in tools()}

    assert versions["pulumi"] == "v3.259.0"
    assert {versions[name] for name in versions if name.startswith("kube")} == {"v1.34.4"}
    assert versions["helm"].startswith("v3.19.")


def test_a_package_belongs_to_the_module_with_the_longest_path() -> None:
    go_mod = "require (\n\texample.org/a v1.0.0\n\texample.org/a/b v2.0.0 // indirect\n)\n"

    assert pinned_version(go_mod, "example.org/a/b/cmd/tool") == "v2.0.0"
    assert pinned_version(go_mod, "example.org/a/bc") == "v1.0.0"


@pytest.mark.parametrize("name", ANSWERS)
def test_a_program_of_the_pinned_version_is_recognised_by_what_it_says(name: str) -> None:
    assert says_version(ANSWERS[name], version_of(name))


@pytest.mark.parametrize("answer", ["v3.259.01", "v13.259.0", "v3.259.0-dev.1", "v3.259.0.1", "v3.25.0", ""])
def test_a_program_of_another_version_is_not_taken(answer: str) -> None:
    assert not says_version(answer, "v3.259.0")


def test_the_stamped_version_is_the_pinned_one() -> None:
    kubelet = next(tool for tool in tools() if tool.name == "kubelet")

    assert "gitVersion=v1.34.4" in kubelet.linker_flags
    assert "gitMajor=1 " in f"{kubelet.linker_flags} "
    assert "gitMinor=34 " in f"{kubelet.linker_flags} "
