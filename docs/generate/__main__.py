"""The command ``python -m docs.generate``: writes every generated file, or reports the stale ones."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from docs.generate.alerts import RULE_FILE, render_alerts, render_rule_file
from docs.generate.configuration import render_configuration
from docs.generate.engine_config import render_project_file
from docs.generate.messages import render_messages
from docs.generate.policies import render_policies
from docs.generate.policy_schema import render_policy_schema
from docs.generate.schema import render_schema
from monitoring.definitions import DASHBOARDS
from monitoring.grafana import render_dashboard
from monitoring.panel import Dashboard

CHECKOUT = Path(__file__).resolve().parents[2]


def _dashboard_text(dashboard: Dashboard, _present: str) -> str:
    return render_dashboard(dashboard)


GENERATORS: Mapping[str, Callable[[str], str]] = {
    "docs/alerts.md": lambda _: render_alerts(),
    "docs/configuration.md": lambda _: render_configuration(),
    "docs/messages.md": lambda _: render_messages(),
    "docs/policies.md": lambda _: render_policies(),
    "stacks/policies.schema.json": lambda _: render_policy_schema(),
    "stacks/schema.json": lambda _: render_schema(),
    "Pulumi.yaml": render_project_file,
    RULE_FILE: lambda _: render_rule_file(),
    **{f"monitoring/dashboards/{each.name}.json": partial(_dashboard_text, each) for each in DASHBOARDS},
}
"""The new text of each generated file, given its present one. Only part of ``Pulumi.yaml`` is generated."""

COMMAND = "python -m docs.generate"
EXAMPLES = f"""\
examples:
  {COMMAND}           write the files that are out of date, e.g. after a change of the configuration model
  {COMMAND} --check   write nothing; list the files that are out of date, for a CI
"""


def main(arguments: Sequence[str] | None = None, folder: Path = CHECKOUT) -> int:
    """Run the command in a checkout.

    Returns:
        The exit code: 1 if ``--check`` finds a stale file, otherwise 0.
    """
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description=f"Write the files that are generated from the program: {', '.join(GENERATORS)}.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file is out of date")
    only_check = parser.parse_args(arguments).check
    stale = stale_files(folder)
    for name, text in stale.items():
        if only_check:
            print(f"{name}: is out of date; run {COMMAND}")
        else:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
            print(f"{name}: written")
    return 1 if stale and only_check else 0


def stale_files(folder: Path) -> dict[str, str]:
    """Return the generated files of a checkout that are missing or out of date, each with its new text."""
    stale = {}
    for name, render in GENERATORS.items():
        path = folder / name
        present = path.read_text(encoding="utf-8") if path.is_file() else ""
        text = render(present)
        if text != present:
            stale[name] = text
    return stale


if __name__ == "__main__":
    sys.exit(main())
