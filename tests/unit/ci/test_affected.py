"""The tenancies that a change affects."""

import subprocess
from pathlib import Path

import pytest

from ci.__main__ import main
from ci.affected import EVERY_TENANCY, NO_TENANCY, affected_tenancies
from ci.revisions import Change, GitFailed, changed_files, file_at, parse_name_status
from tests.support.tenancies import stack_text

STACKS = ["climate", "local", "ocean"]
ALL = ("climate", "ocean")


def stacks_of(*paths: str) -> tuple[str, ...]:
    return affected_tenancies([Change(path) for path in paths], STACKS).stacks


def test_stack_file_affects_only_its_own_tenancy() -> None:
    assert stacks_of("stacks/Pulumi.ocean.yaml") == ("ocean",)
    assert stacks_of("stacks/Pulumi.ocean.yaml", "stacks/Pulumi.climate.yaml") == ALL


@pytest.mark.parametrize(
    "path",
    [
        "__main__.py",
        "Pulumi.yaml",
        "requirements.txt",
        "constraints.txt",
        "components/chart/values.py",
        "components/freeipa/names.py",
        "chart/Chart.lock",
        "chart/templates/home-growth.yaml",
        "policies/rules/identity.py",
        "stacks/policies.json",
    ],
)
def test_program_chart_and_policies_affect_all_tenancies(path: str) -> None:
    assert stacks_of(path) == ALL


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "docs/operator-guide.md",
        "tests/unit/test_pulumi_yaml.py",
        "tests/requirements.txt",
        "local/tenancy/engine.py",
        "local/requirements.txt",
        "bench/preview.py",
        "ci/affected.py",
        ".github/workflows/deploy.yml",
        "stacks/schema.json",
        "stacks/Pulumi.local.yaml",
    ],
)
def test_documentation_and_tooling_affect_no_tenancy(path: str) -> None:
    assert affected_tenancies([Change(path)], STACKS) == ((), ())


def test_no_change_affects_no_tenancy() -> None:
    assert affected_tenancies([], STACKS) == ((), ())


def test_new_stack_is_affected_by_its_file() -> None:
    assert affected_tenancies([Change("stacks/Pulumi.new.yaml")], [*STACKS, "new"]).stacks == ("new",)


def test_deleted_stack_file_gives_a_notice() -> None:
    found = affected_tenancies([Change("stacks/Pulumi.gone.yaml", deleted=True)], STACKS)

    assert found.stacks == ()
    assert found.notices == (
        "stacks/Pulumi.gone.yaml is deleted, so there is no preview for it. This does not remove the tenancy: it keeps "
        "running until `pulumi destroy --stack gone` is run with the file restored",
    )


def test_deleted_module_affects_all_tenancies() -> None:
    assert affected_tenancies([Change("components/config/domain.py", deleted=True)], STACKS).stacks == ALL


def test_renamed_stack_is_a_new_and_a_deleted_one() -> None:
    found = affected_tenancies(
        [Change("stacks/Pulumi.old.yaml", deleted=True), Change("stacks/Pulumi.ocean.yaml")], STACKS
    )

    assert found.stacks == ("ocean",)
    assert len(found.notices) == 1


def test_notice_of_a_renamed_stack_replaces_that_of_a_deleted_one() -> None:
    changes = [Change("stacks/Pulumi.old.yaml", deleted=True), Change("stacks/Pulumi.ocean.yaml")]

    assert affected_tenancies(changes, STACKS, {"old": "renamed"}) == (("ocean",), ("renamed",))


def test_unlisted_file_affects_all_and_is_named() -> None:
    found = affected_tenancies([Change("something.toml")], STACKS)

    assert found.stacks == ALL
    assert found.notices == ("something.toml is not listed in ci/affected.py, so all tenancies are previewed",)


@pytest.mark.parametrize("path", ["stacks/README", "stacks/more/Pulumi.ocean.yaml", "Pulumi.ocean.yaml", "chartx/a"])
def test_path_similar_to_a_listed_one_affects_all(path: str) -> None:
    assert stacks_of(path) == ALL


def test_order_of_files_does_not_matter() -> None:
    changes = [Change("stacks/Pulumi.ocean.yaml"), Change("stacks/Pulumi.climate.yaml"), Change("x"), Change("y")]

    assert affected_tenancies(changes, STACKS) == affected_tenancies(reversed(changes), STACKS)


def test_every_file_of_the_repository_is_listed() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    paths = [path for path in tracked.split("\0") if path and not path.startswith("stacks/Pulumi.")]

    assert affected_tenancies([Change(path) for path in paths], STACKS).notices == ()


def test_no_path_is_in_both_lists() -> None:
    assert set(EVERY_TENANCY) & set(NO_TENANCY) == set()


def test_name_status_listing_allows_any_file_name() -> None:
    listing = "M\0components/a b.py\0D\0stacks/Pulumi.old.yaml\0A\0docs/ä\n.md\0"

    assert list(parse_name_status(listing)) == [
        Change("components/a b.py"),
        Change("stacks/Pulumi.old.yaml", deleted=True),
        Change("docs/ä\n.md"),
    ]
    assert list(parse_name_status("")) == []


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with two commits: the second changes one stack and deletes another."""
    for key, value in {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}.items():
        monkeypatch.setenv(key, value)
    (tmp_path / "stacks").mkdir()
    for name in ("gone", "kept", "other"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text("config: {}\n")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    (tmp_path / "stacks" / "Pulumi.gone.yaml").unlink()
    (tmp_path / "stacks" / "Pulumi.kept.yaml").write_text("config: {changed: 1}\n")
    commit(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=folder, check=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "a")


def test_changed_files_come_from_git(repository: Path) -> None:
    assert changed_files("HEAD^", "HEAD", repository) == [
        Change("stacks/Pulumi.gone.yaml", deleted=True),
        Change("stacks/Pulumi.kept.yaml"),
    ]


@pytest.mark.parametrize("revision", ["nope", "--output=/x", ""])
def test_unknown_revision_is_an_error_and_no_option(repository: Path, revision: str) -> None:
    with pytest.raises(GitFailed, match="git diff"):
        changed_files(revision, "HEAD", repository)


def test_command_writes_matrix_and_notices_for_github(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "output").write_text("earlier=1\n")

    assert main(["affected", "--base", "HEAD^", "--output", "output", "--summary", "summary"]) == 0

    assert capsys.readouterr().out == '["kept"]\n'
    assert (repository / "output").read_text() == 'earlier=1\nstacks=["kept"]\n'
    assert (repository / "summary").read_text().startswith("- stacks/Pulumi.gone.yaml is deleted")


@pytest.mark.parametrize("base", [[], ["--base", ""], ["--base", "0" * 40]])
def test_all_tenancies_are_listed_without_a_base(
    repository: Path, capsys: pytest.CaptureFixture[str], base: list[str]
) -> None:
    assert main(["affected", *base]) == 0
    assert capsys.readouterr().out == '["kept", "other"]\n'


def test_error_of_git_is_printed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["affected", "--base", "nope"]) == 1
    assert "bad revision" in capsys.readouterr().err


def test_only_lists_the_named_tenancy(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["affected", "--only", "kept"]) == 0
    assert capsys.readouterr().out == '["kept"]\n'


def test_only_rejects_an_unknown_tenancy(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["affected", "--only", "gone", "--output", "output"]) == 2
    assert capsys.readouterr().err == "there is no tenancy 'gone' in stacks; there are: kept, other\n"
    assert not Path("output").exists()


def test_file_of_a_revision_is_read_or_missing(repository: Path) -> None:
    assert file_at(repository, "HEAD^", Path("stacks/Pulumi.gone.yaml")) == "config: {}\n"
    assert file_at(repository, "HEAD", Path("stacks/Pulumi.gone.yaml")) is None
    with pytest.raises(GitFailed, match="git ls-tree"):
        file_at(repository, "nope", Path("a"))


def test_renamed_stack_is_told_with_the_command(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = {"clusterName": "other", "externalIp": "192.0.2.9", "identity__realm": "OTHER.ORG"}
    (repository / "stacks" / "Pulumi.vis.yaml").write_text(stack_text())
    commit(repository)
    (repository / "stacks" / "Pulumi.vis.yaml").rename(repository / "stacks" / "Pulumi.vis2.yaml")
    (repository / "stacks" / "Pulumi.vis2.yaml").write_text(stack_text(notebookCpus=4))
    (repository / "stacks" / "Pulumi.new.yaml").write_text(stack_text(**other))
    commit(repository)

    assert main(["affected", "--base", "HEAD^", "--summary", "summary"]) == 0
    assert capsys.readouterr().out == '["new", "vis2"]\n'
    (notice,) = (repository / "summary").read_text().splitlines()
    assert "stacks/Pulumi.vis2.yaml takes the place of stacks/Pulumi.vis.yaml" in notice
    assert "`pulumi stack rename vis2 --stack vis`" in notice


@pytest.mark.parametrize(
    ("changes", "key", "variable"),
    [
        ({"kubernetes": {"kubeconfig": {"secure": "v1:a"}}}, "pangeo:kubernetes.kubeconfig", "KUBECONFIG"),
        ({"kubernetes": {"secure": "v1:a"}}, "pangeo:kubernetes", "KUBECONFIG"),
        ({"identityBindPassword": {"secure": "v1:a"}}, "pangeo:identityBindPassword", "FREEIPA_BIND_PASSWORD"),
    ],
)
def test_credential_in_a_stack_file_is_refused(
    repository: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object],
    key: str,
    variable: str,
) -> None:
    (repository / "stacks" / "Pulumi.vis.yaml").write_text(stack_text(**changes))
    commit(repository)
    words = ["affected", "--base", "HEAD^", "--output", "output", "--summary", "summary"]

    assert main(words) == 1
    message = capsys.readouterr().err
    assert f"stacks/Pulumi.vis.yaml contains {key}, encrypted" in message
    assert f"as the secret {variable} of deploy-vis and drift-vis" in message
    assert "set the repository variable PANGEO_STACK_SECRETS=warn" in message
    assert not Path("output").exists()

    monkeypatch.setenv("PANGEO_STACK_SECRETS", "warn")
    assert main(words) == 0
    assert f"contains {key}, encrypted" in Path("summary").read_text()
    monkeypatch.setenv("PANGEO_STACK_SECRETS", "allow")
    assert main(words) == 1
    assert "PANGEO_STACK_SECRETS  allow  is neither refuse nor warn" in capsys.readouterr().err


def test_credential_of_an_unaffected_tenancy_is_no_matter(repository: Path) -> None:
    (repository / "stacks" / "Pulumi.vis.yaml").write_text(stack_text(identityBindPassword={"secure": "v1:a"}))
    commit(repository)
    (repository / "stacks" / "Pulumi.kept.yaml").write_text(stack_text())
    commit(repository)

    assert main(["affected", "--base", "HEAD^"]) == 0
