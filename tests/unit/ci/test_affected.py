"""Which tenancies a change is previewed for and brought to."""

import subprocess
from pathlib import Path

import pytest

from ci.__main__ import main
from ci.affected import EVERY_TENANCY, NO_TENANCY, Change, affected, parse_name_status
from ci.git import GitFailed, changed_files

STACKS = ["climate", "local", "ocean"]
EVERYONE = ("climate", "ocean")


def stacks_of(*paths: str) -> tuple[str, ...]:
    return affected([Change(path) for path in paths], STACKS).stacks


def test_a_stack_file_affects_its_own_tenancy_alone() -> None:
    assert stacks_of("stacks/Pulumi.ocean.yaml") == ("ocean",)
    assert stacks_of("stacks/Pulumi.ocean.yaml", "stacks/Pulumi.climate.yaml") == EVERYONE


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
def test_what_every_tenancy_is_made_of_affects_all_but_the_local_one(path: str) -> None:
    assert stacks_of(path) == EVERYONE


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
def test_what_no_deployed_tenancy_is_made_of_affects_none(path: str) -> None:
    assert affected([Change(path)], STACKS) == ((), ())


def test_nothing_changed_affects_none() -> None:
    assert affected([], STACKS) == ((), ())


def test_a_new_stack_is_affected_by_its_file() -> None:
    assert affected([Change("stacks/Pulumi.new.yaml")], [*STACKS, "new"]).stacks == ("new",)


def test_a_deleted_stack_is_not_previewed_and_the_reviewer_is_told_that_it_runs_on() -> None:
    found = affected([Change("stacks/Pulumi.gone.yaml", deleted=True)], STACKS)

    assert found.stacks == ()
    assert found.notices == (
        "stacks/Pulumi.gone.yaml is deleted: nothing is previewed or changed for it. The tenancy runs on until "
        "`pulumi destroy --stack gone` is run with the file still there",
    )


def test_a_deleted_part_of_the_program_affects_all() -> None:
    assert affected([Change("components/config/domain.py", deleted=True)], STACKS).stacks == EVERYONE


def test_a_renamed_stack_is_a_new_one_and_a_deleted_one() -> None:
    found = affected([Change("stacks/Pulumi.old.yaml", deleted=True), Change("stacks/Pulumi.ocean.yaml")], STACKS)

    assert found.stacks == ("ocean",)
    assert len(found.notices) == 1


def test_a_file_that_nobody_thought_of_affects_all_and_is_named() -> None:
    found = affected([Change("something.toml")], STACKS)

    assert found.stacks == EVERYONE
    assert found.notices == ("something.toml is not known to ci/affected.py, so all tenancies are previewed",)


@pytest.mark.parametrize("path", ["stacks/README", "stacks/more/Pulumi.ocean.yaml", "Pulumi.ocean.yaml", "chartx/a"])
def test_what_only_looks_like_something_known_affects_all(path: str) -> None:
    assert stacks_of(path) == EVERYONE


def test_the_order_of_files_does_not_matter() -> None:
    changes = [Change("stacks/Pulumi.ocean.yaml"), Change("stacks/Pulumi.climate.yaml"), Change("x"), Change("y")]

    assert affected(changes, STACKS) == affected(reversed(changes), STACKS)


def test_every_file_of_the_repository_is_known() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    paths = [path for path in tracked.split("\0") if path and not path.startswith("stacks/Pulumi.")]

    assert affected([Change(path) for path in paths], STACKS).notices == ()


def test_no_path_is_in_both_lists() -> None:
    assert set(EVERY_TENANCY) & set(NO_TENANCY) == set()


def test_gits_listing_is_read_with_any_name_in_it() -> None:
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


def test_the_files_between_two_revisions_are_gits(repository: Path) -> None:
    assert changed_files("HEAD^", "HEAD", repository) == [
        Change("stacks/Pulumi.gone.yaml", deleted=True),
        Change("stacks/Pulumi.kept.yaml"),
    ]


@pytest.mark.parametrize("revision", ["nope", "--output=/x", ""])
def test_a_revision_that_is_not_there_is_told_and_never_taken_for_an_option(repository: Path, revision: str) -> None:
    with pytest.raises(GitFailed, match="git diff"):
        changed_files(revision, "HEAD", repository)


def test_the_command_writes_the_matrix_and_the_notices_where_github_reads_them(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "output").write_text("earlier=1\n")

    assert main(["affected", "--base", "HEAD^", "--output", "output", "--summary", "summary"]) == 0

    assert capsys.readouterr().out == '["kept"]\n'
    assert (repository / "output").read_text() == 'earlier=1\nstacks=["kept"]\n'
    assert (repository / "summary").read_text().startswith("- stacks/Pulumi.gone.yaml is deleted")


@pytest.mark.parametrize("base", [[], ["--base", ""], ["--base", "0" * 40]])
def test_without_a_revision_to_compare_with_every_tenancy_is_listed(
    repository: Path, capsys: pytest.CaptureFixture[str], base: list[str]
) -> None:
    assert main(["affected", *base]) == 0
    assert capsys.readouterr().out == '["kept", "other"]\n'


def test_a_failing_git_is_a_sentence_and_an_exit_code(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["affected", "--base", "nope"]) == 1
    assert "bad revision" in capsys.readouterr().err


def test_one_tenancy_can_be_asked_for_by_name(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["affected", "--only", "kept"]) == 0
    assert capsys.readouterr().out == '["kept"]\n'


def test_a_tenancy_that_is_not_there_is_told_with_those_that_are(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["affected", "--only", "gone", "--output", "output"]) == 2
    assert capsys.readouterr().err == "there is no tenancy 'gone' in stacks; there are: kept, other\n"
    assert not Path("output").exists()
