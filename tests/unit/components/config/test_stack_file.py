# ruff: noqa: E501 - a table of messages has one message per line

import base64
import json
from pathlib import Path

import pytest

from components.config.problems import InvalidTenancy
from components.config.stack_file import (
    IncompleteTenancy,
    read_config,
    read_stack,
    stack_path,
    stacks,
    uses_environment,
)
from tests.support.tenancies import ABSENT, settings, stack_text, tenancy


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    return tmp_path / "Pulumi.vis.yaml"


def read_problems(stack: Path, text: str) -> list[str]:
    stack.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidTenancy) as caught:
        read_stack(stack, source="stack")
    return str(caught.value).splitlines()[1:]


def test_a_stack_file_reads_like_the_engines_configuration(stack: Path) -> None:
    stack.write_text(stack_text())
    in_memory = {
        f"pangeo:{key}": json.dumps(value) if isinstance(value, dict) else str(value)
        for key, value in settings().items()
    }
    assert read_stack(stack) == read_config(in_memory, source="memory") == tenancy()


def test_the_stack_files_of_the_repository_are_valid() -> None:
    for name in stacks():
        read_stack(stack_path(name))
    assert "local" in stacks()


ENVIRONMENTS = ["environment:\n- org/vis\n", "environment: {imports: [org/vis]}\n", "environment: {values: {a: 1}}\n"]


@pytest.mark.parametrize("environment", ["", "environment:\n", "environment: []\n", *ENVIRONMENTS])
def test_a_complete_file_may_use_an_environment(stack: Path, environment: str) -> None:
    stack.write_text(f"secretsprovider: x\nencryptedkey: y\n{environment}{stack_text()}")
    assert read_stack(stack) == tenancy()
    assert uses_environment(stack) == (environment in ENVIRONMENTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_keys_missing_from_the_file_may_be_in_its_environment(stack: Path, environment: str) -> None:
    stack.write_text(environment + stack_text(identity=ABSENT, externalIp=ABSENT))
    with pytest.raises(IncompleteTenancy) as incomplete:
        read_stack(stack)
    assert [(each.key, each.value) for each in incomplete.value.problems] == [
        ("pangeo:externalIp", "(missing)"),
        ("pangeo:identity", "(missing)"),
    ]
    assert all("may be in the file's Pulumi ESC environment" in each.message for each in incomplete.value.problems)
    stack.write_text(environment)
    with pytest.raises(IncompleteTenancy):
        read_stack(stack)


def test_a_wrong_value_is_a_problem_also_with_an_environment(stack: Path) -> None:
    stack.write_text(ENVIRONMENTS[0] + stack_text(identity=ABSENT, externalIp="x"))
    with pytest.raises(InvalidTenancy) as invalid:
        read_stack(stack)
    assert not isinstance(invalid.value, IncompleteTenancy)


def test_the_old_form_of_a_key_is_read_as_by_the_engine(stack: Path) -> None:
    stack.write_text(stack_text().replace("pangeo:externalIp", "pangeo:config:externalIp"))
    assert read_stack(stack) == tenancy()


def test_a_key_set_without_path_is_reported_with_the_command(stack: Path) -> None:
    text = stack_text(**{"identity.realm": "X.ORG", "kubernetes.kubeconfig": {"secure": "v1:a"}})
    realm, kubeconfig = read_problems(stack, text)
    assert realm.endswith("is a key of a section; set it with: pulumi config set --path pangeo:identity.realm")
    assert kubeconfig.endswith("set it with: pulumi config set --secret --path pangeo:kubernetes.kubeconfig")


def test_other_namespaces_are_ignored(stack: Path) -> None:
    stack.write_text(stack_text() + "  kubernetes:context: vis\n  aws:region: eu\n")
    assert read_stack(stack) == tenancy()


def test_a_missing_or_misspelled_namespace_is_reported(stack: Path) -> None:
    assert read_problems(stack, stack_text() + "  protect: true\n  pangea:protect: true\n") == [
        "  protect           has no namespace; write pangeo:protect",
        "  pangea:protect    is in the namespace pangea; write pangeo:protect",
    ]


def test_encrypted_secrets_count_as_set(stack: Path) -> None:
    secrets = "  pangeo:identityBindPassword: {secure: v1:abc}\n  pangeo:kubernetes: {kubeconfig: {secure: v1:abc}, context: vis}\n"
    stack.write_text(stack_text() + secrets)
    read = read_stack(stack)
    assert read.kubernetes.context == "vis"
    assert read.kubernetes.kubeconfig is not None


def test_an_encrypted_kubernetes_section_counts_as_a_kubeconfig(stack: Path) -> None:
    stack.write_text(stack_text() + "  pangeo:kubernetes: {secure: v1:abc}\n")
    assert read_stack(stack).kubernetes.kubeconfig is not None


def test_values_that_policies_read_must_not_be_encrypted(stack: Path) -> None:
    text = stack_text(notebookCpus={"secure": "v1:abc"}, identity__realm={"secure": "v1:def"})
    assert read_problems(stack, text) == [
        "  pangeo:notebookCpus    [hidden]  is encrypted, but previews and policies must read it; set it again without --secret",
        "  pangeo:identity.realm  [hidden]  is encrypted, but previews and policies must read it; set it again without --secret",
    ]


def test_an_encrypted_unknown_key_is_reported_as_unknown(stack: Path) -> None:
    text = stack_text(identityBindPasword={"secure": "v1:abc"}, identity__bindPassword={"secure": "v1:def"})
    lines = read_problems(stack, text)
    assert len(lines) == 2
    assert all("is not a known key" in line and "[hidden]" in line for line in lines)
    assert lines[1].endswith("did you mean identityBindPassword?")


def test_a_secret_in_plain_text_is_reported_but_not_shown(stack: Path) -> None:
    text = stack_text(identityBindPassword="hunter2", kubernetes={"kubeconfig": "apiVersion: v1\ntoken: hunter2\n"})
    lines = read_problems(stack, text)
    assert len(lines) == 2
    assert all("is a secret in plain text" in line and "hunter2" not in line for line in lines)


@pytest.mark.parametrize(
    "kubeconfig",
    [
        '{"apiVersion": "v1", "users": [{"user": {"token": "hunter2"}}]}',
        "{apiVersion: v1, users: [{user: {token: hunter2}}]}",
        "apiVersion: v1\nusers: [{user: {token: hunter2}}]\n",
        "users: [{user: {token: hunter2}}]",
        base64.b64encode(b"apiVersion: v1\nkind: Config\n").decode(),
        base64.b64encode(b'{"apiVersion": "v1"}').decode(),
        {"apiVersion": "v1", "users": [{"user": {"token": "hunter2"}}]},
        ["hunter2"],
    ],
)
def test_a_kubeconfig_in_plain_text_is_reported_and_not_shown(stack: Path, kubeconfig: object) -> None:
    expected = (
        "  pangeo:kubernetes.kubeconfig  [hidden]  is a secret in plain text; replace it by a new secret, then run: "
        "pulumi config set --secret --path pangeo:kubernetes.kubeconfig < FILE"
    )
    assert read_problems(stack, stack_text(kubernetes={"kubeconfig": kubeconfig})) == [expected]
    for value in ({"kubeconfig": kubeconfig}, json.dumps({"kubeconfig": kubeconfig})):
        with pytest.raises(InvalidTenancy) as from_engine:
            read_config(settings(kubernetes=value), source="memory")
        assert str(from_engine.value).splitlines()[1:] == [expected]


def test_a_secret_kubeconfig_is_accepted_from_the_engine() -> None:
    kubeconfig = '{"apiVersion": "v1"}'
    config = {**settings(), "kubernetes": json.dumps({"kubeconfig": kubeconfig})}
    read = read_config(config, source="memory", secret_keys=["pangeo:kubernetes"])
    assert read.kubernetes.kubeconfig is not None
    assert read.kubernetes.kubeconfig.get_secret_value() == kubeconfig


def test_the_path_of_a_kubeconfig_is_refused_with_the_fix(stack: Path) -> None:
    (line,) = read_problems(stack, stack_text(kubernetes={"kubeconfig": "~/.kube/vis"}))
    assert "pangeo:kubernetes.kubeconfig" in line
    assert "remove the key and set the environment variable KUBECONFIG to the path" in line


def test_the_bind_password_is_not_read_from_the_engine() -> None:
    read = read_config({**settings(), "identityBindPassword": "hunter2"}, source="memory")
    assert read == tenancy()
    assert "hunter2" not in repr(read)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("notebookRamGb", "12345Mi"),
        ("clusterName", "12345-Hunter"),
        ("pangeoDomain", "_12345.example.org"),
        ("externalIp", "12345"),
        ("identity", '{"server": "_12345.example.org", "realm": "X.ORG", "bindDn": "cn=x"}'),
        ("kubernetes", '{"kubeconfig": 12345}'),
    ],
)
def test_values_set_as_secrets_are_never_shown_in_part(key: str, value: str) -> None:
    with pytest.raises(InvalidTenancy) as caught:
        read_config({**settings(), key: value}, source="memory", secret_keys=[f"pangeo:{key}"])
    assert "[hidden]" in str(caught.value)
    assert "12345" not in str(caught.value)
    assert "hunter" not in str(caught.value).lower()


def test_a_section_that_is_not_json_is_reported(stack: Path) -> None:
    with pytest.raises(InvalidTenancy, match=r"pangeo:identity .* is not a section; set its keys with --path"):
        read_config(settings(identity="{server"), source="memory")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("config: [\n", "  line 2, column 1: invalid YAML: expected the node content, but found '<stream end>'"),
        ("config:\n\tpangeo:protect: true\n", "  line 2, column 1: invalid YAML: found character '\\t' that cannot start any token"),
        ("config:\n  a:b: 1\n  c:d: 2\n  a:b: 3\n", "  line 4: a:b is repeated, first in line 2; remove one of them"),
        ("config: !!python/object:os.system {}\n", "  line 1, column 9: invalid YAML: a value has a tag that is not allowed; remove the tag"),
        ("config: {pangeo:a: &a [*a]}\n", "  line 1, column 24: invalid YAML: an alias is not allowed; write the value itself"),
        ("\x00", "  contains a character that YAML does not allow; save the file as plain UTF-8 text"),
        ("[" * 500, "  is nested too deeply"),
    ],
)  # fmt: skip
def test_invalid_yaml_is_reported_with_its_line(stack: Path, text: str, line: str) -> None:
    assert read_problems(stack, text)[0] == line


@pytest.mark.parametrize("text", ["", "secretsprovider: x\n", "config:\n", "config: 5\n", "- a\n", "just text"])
def test_a_file_without_config_is_reported(stack: Path, text: str) -> None:
    (line,) = read_problems(stack, text)
    assert line.startswith("  has no `config:`")


def test_booleans_and_times_of_yaml_1_1_are_strings(stack: Path) -> None:
    stack.write_text(
        stack_text(clusterName="on") + "  pangeo:ingress: {annotations: {a: 1:30, b: '2026-01-30', c: no, d: '010'}}\n"
    )
    read = read_stack(stack)
    assert read.cluster_name == "on"
    assert read.ingress.annotations == {"a": "1:30", "b": "2026-01-30", "c": "no", "d": "010"}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *((number, "number") for number in ("010", "-08", "0x10", "0o17", "0b11", "1_000", "1_000.5", ".inf", ".NaN")),
        *((date, "date") for date in ("2026-01-30", "2026-1-3", "2026-01-30T10:00:00Z", "2026-01-30 10:00:00")),
    ],
)
def test_values_that_the_engine_reads_differently_are_refused(stack: Path, value: str, kind: str) -> None:
    """The engine would deploy another value than the one that is checked."""
    for line in (f"  pangeo:notebookStorageGb: {value}", f"  pangeo:ingress: {{annotations: {{a: {value}}}}}"):
        (problem,) = read_problems(stack, f"config:\n{line}\n")
        assert problem.startswith("  line 2, column ")
        assert f"Pulumi reads a value like this as a {kind} in another notation; write " in problem
        assert value not in problem


def test_a_stack_without_a_file_is_reported_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.vis.yaml").touch()
    with pytest.raises(InvalidTenancy, match=r"does not exist; did you mean the stack vis\?"):
        read_stack(stack_path("viz", tmp_path))
    with pytest.raises(InvalidTenancy, match="does not exist; existing stacks: vis"):
        read_stack(stack_path("simulation", tmp_path))


def test_an_unreadable_file_is_reported(tmp_path: Path, stack: Path) -> None:
    stack.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidTenancy, match="is not UTF-8 text"):
        read_stack(stack)
    with pytest.raises(InvalidTenancy, match="cannot be read: Is a directory"):
        read_stack(tmp_path)
