"""What a server is started with."""

import json
import os
import site
from pathlib import Path

import pytest

from components.in_hub.home_problems import MAX_BODY_BYTES, MAX_PROBLEMS, read_report
from components.in_server.pangeo_start import packages
from components.in_server.pangeo_start.prepare import Preparation, avoid_home, has_code, restrict
from components.in_server.pangeo_start.problem import FILE, MAX_TEXT, Problem, write_problems


@pytest.fixture
def prepared(tmp_path: Path) -> Preparation:
    home, run = tmp_path / "home", tmp_path / "run"
    home.mkdir()
    run.mkdir()
    return Preparation("python", home, run, {"HOME": str(home)})


def test_users_packages_are_code_of_the_user(prepared: Preparation) -> None:
    """A file .pth or usercustomize in them may never end."""
    assert not has_code(prepared)
    prepared.may_import_packages = True
    assert has_code(prepared)
    prepared.ignores_user_packages = True
    assert not has_code(prepared)


@pytest.mark.parametrize(("names", "imports"), [((), False), (("a.pth",), True)])
def test_users_packages_are_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    names: tuple[str, ...],
    imports: bool,
) -> None:
    for name in names:
        (tmp_path / name).touch()
    monkeypatch.setattr(packages, "user_site_is_on", lambda: True)
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(tmp_path))
    packages.main()
    assert json.loads(capsys.readouterr().out)["imports"] is imports


def test_a_second_start_has_no_modules_of_the_home(prepared: Preparation) -> None:
    paths = ["", "lib", str(prepared.home), f"{prepared.home}/lib", f"{prepared.home}-2/lib", "/opt/lib"]
    prepared.environment |= {"PYTHONHOME": "/gone", "PYTHONPATH": os.pathsep.join(paths)}
    restrict(prepared, "did not answer", "")
    assert "PYTHONHOME" not in prepared.environment
    assert prepared.environment["PYTHONPATH"] == f"{prepared.home}-2/lib{os.pathsep}/opt/lib"
    assert prepared.problems[0].kind == "start-failed"


def test_settings_are_copied_without_links_pipes_and_large_files(prepared: Preparation) -> None:
    settings = prepared.home / ".jupyter" / "lab" / "user-settings"
    (settings / "plugin").mkdir(parents=True)
    (settings / "plugin" / "theme.jupyterlab-settings").write_text("{}")
    (settings / "endless").symlink_to("/dev/zero")
    (settings / "loop").symlink_to(settings)
    os.mkfifo(settings / "pipe")
    with (settings / "sparse").open("wb") as file:
        file.truncate(2**40)
    avoid_home(prepared, is_readable=True)
    copy = Path(prepared.environment["JUPYTERLAB_SETTINGS_DIR"])
    assert [str(each.relative_to(copy)) for each in copy.rglob("*") if each.is_file()] == [
        "plugin/theme.jupyterlab-settings"
    ]


def test_the_hub_accepts_the_report_of_any_number_of_problems(tmp_path: Path) -> None:
    problems = [Problem.of("configuration", "\N{GRINNING FACE}" * 1000, "x")] * 10_000
    write_problems(tmp_path, problems)
    written = json.loads((tmp_path / FILE).read_text())
    assert len(written) == MAX_PROBLEMS
    assert written[-1]["what"] == "There are 9991 further problems."
    report = {"problems": [{"kind": each["kind"], "what": each["what"]} for each in written]}
    assert len(json.dumps(report, ensure_ascii=False).encode()) <= MAX_BODY_BYTES
    assert len(read_report(report)[0]) == MAX_TEXT
