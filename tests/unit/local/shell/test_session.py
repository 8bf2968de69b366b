"""The start file of an interactive shell, read by the real bash."""

import subprocess
from pathlib import Path

from local.shell.environment import CONFLICTING
from local.shell.session import start_file

OF_THE_TENANCY = {"KUBECONFIG": "/tenancy/kubeconfig", "PULUMI_STACK": "local", "NO_PROXY": "10.244.0.0/24"}
OF_THE_USER = f"""\
export KUBECONFIG=/own PULUMI_STACK=own NO_PROXY=own {" ".join(f"{name}=own" for name in CONFLICTING)}
alias kubectl='false own'
pulumi() {{ false own; }}
alias here='echo alias of the user'
cd() {{ false own; }}
builtin cd /
"""


def run_interactive(home: Path, folder: Path, command: str) -> str:
    """Run a command as an interactive bash with the start file does, from a shell that already has the variables."""
    (home / ".bashrc").write_text(OF_THE_USER)
    file = home / "start"
    file.write_text(start_file(OF_THE_TENANCY))
    done = subprocess.run(
        ["bash", "--rcfile", str(file), "-i"],
        cwd=folder,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", **OF_THE_TENANCY},
        input=command,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_start_file_of_the_user_replaces_no_variable_of_the_tenancy(tmp_path: Path) -> None:
    names = (*OF_THE_TENANCY, *CONFLICTING)
    printed = run_interactive(tmp_path, tmp_path, "\n".join(f'echo "{name}=${{{name}-}}"' for name in names))

    found = dict(line.split("=", 1) for line in printed.splitlines())
    assert found == {**OF_THE_TENANCY, **dict.fromkeys(CONFLICTING, "")}


def test_shell_begins_in_its_folder_with_the_programs_and_with_the_users_own_aliases(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    printed = run_interactive(tmp_path, folder, "pwd; type kubectl; type pulumi; type cd\nhere\n")

    assert printed.startswith(f"{folder}\n")
    assert "own" not in printed
    assert printed.endswith("cd is a shell builtin\nalias of the user\n")
