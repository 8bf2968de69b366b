"""The project's program, run in this process."""

import os
import sys
from pathlib import Path

import pytest

from components.automation import provider_variables, run_program


@pytest.mark.parametrize("ending", ["", "raise KeyError('unexpected')"])
def test_program_leaves_folder_and_variables_unchanged(ending: str, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(
        "import os\nfrom pathlib import Path\n"
        "Path('seen').write_text(os.environ['FOR_THE_PROGRAM'])\nos.environ['BY_THE_PROGRAM'] = '1'\n"
        f"{ending}\n"
    )
    folder, variables = Path.cwd(), dict(os.environ)

    if ending:
        with pytest.raises(KeyError):
            run_program(tmp_path, {"FOR_THE_PROGRAM": "yes"})
    else:
        run_program(tmp_path, {"FOR_THE_PROGRAM": "yes"})

    assert (tmp_path / "seen").read_text() == "yes"
    assert (Path.cwd(), dict(os.environ)) == (folder, variables)


def test_dynamic_providers_run_with_this_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_RUNTIME_VIRTUALENV", raising=False)
    monkeypatch.setenv("PULUMI_RUNTIME_TOOLCHAIN", "uv")

    assert provider_variables({}) == {"PULUMI_PYTHON_CMD": sys.executable, "PULUMI_RUNTIME_TOOLCHAIN": ""}
    found = provider_variables({"PULUMI_PYTHON_CMD": "python3", "PULUMI_RUNTIME_VIRTUALENV": "/other"})
    assert found["PULUMI_PYTHON_CMD"] == sys.executable
    assert found["PULUMI_RUNTIME_VIRTUALENV"] == "", "the launcher would prefer it"
