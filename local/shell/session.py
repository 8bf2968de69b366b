"""A session of the shell: an interactive one with a greeting, or a single command."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from shlex import quote
from typing import NoReturn

from local.failure import Failure
from local.paths import State
from local.shell.environment import CONFLICTING, replace_variables, shell_folder, tenancy_variables
from local.tenancy import web
from local.tenancy.engine import STACK, prepare_workspace

EXAMPLES = {
    f"python -m components status {STACK}": "all parts of the tenancy",
    f"python -m components members add {STACK} alice": "let alice log in",
    f"python -m components doctor {STACK} --user alice": "every step of her log-in",
    "kubectl get pods": "the hub and the users' servers",
    "pulumi stack output": "the address and the group of the users",
    "pulumi preview": "what pulumi up would change",
}
"""Commands of the greeting, and what each shows or does. A test runs them."""

COMMANDS = ("python", "kubectl", "pulumi", "helm", "curl")
"""Commands that would not work on the tenancy if an alias or a function of the user took their place."""

START_FILE = """\
# Written by make shell. The user's own start file must not replace the variables, the commands and the folder.
_folder=$PWD _tenancy=$(declare -p {names})
[ ! -r ~/.bashrc ] || . ~/.bashrc
unset {conflicting} PROMPT_COMMAND
unalias cd {commands} 2> /dev/null
unset -f cd {commands}
eval "$_tenancy"
builtin cd "$_folder"
unset _folder _tenancy
PS1={prompt}
# The exit code of the last command is not an error of make.
trap 'exit 0' EXIT
"""
"""Start file of an interactive bash. It contains no secrets: it reads the variables of its own process."""

PROMPT = rf"\[\e[1m\](tenancy {STACK})\[\e[0m\] \W\$ "


def open_shell(state: State, words: Sequence[str]) -> NoReturn:
    """Replace this process by a shell, or by one command with the shell's environment. Its exit code is passed on.

    Args:
        state: the state folder of the running tenancy.
        words: the command with its arguments. Without one, the shell is interactive at a terminal, and reads its
            commands from standard input elsewhere.

    Raises:
        Failure: the command does not exist.
    """
    workspace = prepare_workspace(state)
    own = dict(os.environ)
    variables = tenancy_variables(state, own)
    environment = replace_variables(own, variables)
    if not words:
        words = ["bash"]
        if sys.stdin.isatty():
            words = ["bash", "--rcfile", str(_write_start_file(state, variables)), "-i"]
            print(greeting(state, workspace), flush=True)
    os.chdir(workspace)
    try:
        os.execvpe(words[0], list(words), environment)  # noqa: S606 - the user's own command
    except FileNotFoundError:
        raise Failure(f"{words[0]}: there is no such command", fix="correct its name, or install it") from None


def greeting(state: State, workspace: Path) -> str:
    """Return the lines that an interactive shell begins with."""
    width = max(map(len, EXAMPLES))
    return "\n".join(
        [
            f"This shell works on the local tenancy, {web.url(state)}, in the folder {workspace}",
            *(f"  {command:{width}}  {purpose}" for command, purpose in EXAMPLES.items()),
            f"The users' passwords are in {state.credentials}. exit ends the shell.",
        ]
    )


def start_file(variables: Iterable[str]) -> str:
    """Return the text of the start file, which keeps these variables."""
    return START_FILE.format(
        names=" ".join(sorted(variables)),
        conflicting=" ".join(CONFLICTING),
        commands=" ".join(COMMANDS),
        prompt=quote(PROMPT),
    )


def _write_start_file(state: State, variables: Iterable[str]) -> Path:
    file = shell_folder(state) / "bashrc"
    file.write_text(start_file(variables))
    return file
