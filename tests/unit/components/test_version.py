import re

from components.version import program_version
from local.paths import PROJECT


def test_version_is_the_one_of_pyproject() -> None:
    version = program_version()

    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert f'\nversion = "{version}"\n' in (PROJECT / "pyproject.toml").read_text()
