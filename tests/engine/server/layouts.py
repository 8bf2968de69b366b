"""An environment with the layout of conda, made from a virtual environment without downloads.

Its interpreter is not that of a virtual environment: ``sys.prefix`` is its own folder and the base, and it imports the
packages in the user's home, as in the upstream Pangeo image (``/srv/conda/envs/notebook``). Not simulated: conda's own
builds of the packages, and the activation of the environment by the image's entry point.
"""

import shutil
import subprocess
import sysconfig
from pathlib import Path


def make_conda_layout(venv_python: Path, prefix: Path) -> Path:
    """Make the environment in a new folder; return its interpreter."""
    venv = venv_python.parent.parent
    interpreter = venv_python.resolve()
    version = subprocess.run(
        [venv_python, "-c", "import sysconfig; print(sysconfig.get_path('stdlib'), sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    standard_library, packages = map(Path, version.stdout.split())
    name = standard_library.name
    library = prefix / "lib" / name
    library.mkdir(parents=True)
    for entry in standard_library.iterdir():
        if entry.name not in ("site-packages", "dist-packages"):
            (library / entry.name).symlink_to(entry)
    (library / "site-packages").symlink_to(packages)
    for shared in (interpreter.parent.parent / "lib").glob("libpython*"):
        (prefix / "lib" / shared.name).symlink_to(shared)
    for folder in ("share", "etc"):
        if (venv / folder).is_dir():
            (prefix / folder).symlink_to(venv / folder)
    (prefix / "bin").mkdir()
    python = prefix / "bin" / "python3"
    shutil.copy2(interpreter, python)
    (prefix / "bin" / "python").symlink_to("python3")
    for script in ("jupyterhub-singleuser", "jupyter"):
        text = (venv / "bin" / script).read_text()
        target = prefix / "bin" / script
        target.write_text(f"#!{python}\n" + text.split("\n", 1)[1])
        target.chmod(0o755)
    return python


def user_packages(home: Path) -> Path:
    """Return the folder of ``pip install --user`` in a home, made if it is missing."""
    folder = home / ".local" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def install(folder: Path, package: str, version: str, code: str, distribution: str = "") -> None:
    """Write a package with one module that pip would have installed."""
    module = folder / package
    module.mkdir()
    (module / "__init__.py").write_text(code)
    information = folder / f"{distribution or package}-{version}.dist-info"
    information.mkdir()
    name = distribution or package
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
