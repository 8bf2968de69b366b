"""Selection of the Go tools: which are built, and which are taken from PATH."""

import re
from dataclasses import replace

import pytest

from local.cluster.configuration import TEMPLATES
from local.cluster.names import PROGRAMS
from local.tools.toolchain import MODULES, build_groups, has_version, pinned_version, tenancy_tools, tools

VERSION_TEXTS = {
    "pulumi": "v3.259.0\n",
    "kube-apiserver": "Kubernetes v1.34.4\n",
    "kubectl": "Client Version: v1.34.4\nKustomize Version: v5.7.1\n",
    "helm": "v3.19.4+g7cfb6e4\n",
    "etcd": "etcd Version: 3.6.5\nGit SHA: a061450\n",
    "coredns": "CoreDNS-1.12.4\nlinux/amd64, go1.26.8,\n",
}


def version_of(name: str) -> str:
    return next(tool.version for tool in tools() if tool.name == name)


def test_a_tool_has_the_version_its_module_pins() -> None:
    versions = {tool.name: tool.version for tool in tools()}

    assert versions["pulumi"] == "v3.259.0"
    assert {versions[name] for name in versions if name.startswith("kube")} == {"v1.34.4"}
    assert versions["helm"].startswith("v3.19.")


def test_package_belongs_to_the_module_with_the_longest_path() -> None:
    go_mod = "require (\n\texample.org/a v1.0.0\n\texample.org/a/b v2.0.0 // indirect\n)\n"

    assert pinned_version(go_mod, "example.org/a/b/cmd/tool") == "v2.0.0"
    assert pinned_version(go_mod, "example.org/a/bc") == "v1.0.0"


@pytest.mark.parametrize("name", VERSION_TEXTS)
def test_program_of_the_pinned_version_is_recognised(name: str) -> None:
    assert has_version(VERSION_TEXTS[name], version_of(name))


@pytest.mark.parametrize("printed", ["v3.259.01", "v13.259.0", "v3.259.0-dev.1", "v3.259.0.1", "v3.25.0", ""])
def test_program_of_another_version_is_refused(printed: str) -> None:
    assert not has_version(printed, "v3.259.0")


def test_linker_sets_the_pinned_version() -> None:
    kubelet = next(tool for tool in tools() if tool.name == "kubelet")

    assert "gitVersion=v1.34.4" in kubelet.linker_flags
    assert "gitMajor=1 " in f"{kubelet.linker_flags} "
    assert "gitMinor=34 " in f"{kubelet.linker_flags} "


def test_tools_that_only_tests_use_are_not_built_by_make_up() -> None:
    for_tests = {tool.name for tool in tools()} - {tool.name for tool in tenancy_tools()}

    assert for_tests == {"actionlint", "registry"}


def test_the_cluster_gets_every_go_program_it_runs() -> None:
    installed_by_packages = {"containerd", "traefik"}
    assert set(PROGRAMS) - installed_by_packages <= {tool.name for tool in tenancy_tools()}


def test_kubernetes_programs_share_one_build() -> None:
    groups = {group[0].module: [tool.name for tool in group] for group in build_groups(tools())}
    assert len(groups) == len(build_groups(tools()))
    assert len(groups["kubernetes"]) == 6
    assert groups["helm"] == ["helm"]


def test_tags_are_part_of_a_build_and_of_its_record() -> None:
    pulumi = next(tool for tool in tools() if tool.name == "pulumi")
    without = replace(pulumi, tags=())

    assert pulumi.tags == ("disable_grpc_modules",)
    assert build_groups([pulumi, without]) == [[pulumi], [without]]
    assert pulumi.source_digest != without.source_digest


def test_executable_name_leaves_out_the_major_version() -> None:
    executables = {tool.name: tool.executable for tool in tools()}
    assert executables["etcd"] == "server"
    assert executables["coredns"] == "coredns"
    assert executables["policy-enforcer"] == "program"
    assert all(executables[name] == name for name in executables if name.startswith("kube"))


def test_coredns_has_exactly_the_plugins_of_the_corefile() -> None:
    corefile = re.sub(r"#.*", "", (TEMPLATES / "Corefile").read_text())
    used = set(re.findall(r"^ {4}([a-z]+)", corefile, flags=re.MULTILINE))
    program = (MODULES / "coredns" / "main.go").read_text()
    imported = set(re.findall(r'"github\.com/coredns/coredns/plugin/([a-z]+)"', program))
    ordered = set(re.findall(r'"([a-z]+)"', program.split("plugins = ")[1].split("}")[0]))
    assert used == imported == ordered
