"""Show a preview on the terminal, write its Markdown, and say by the exit code whether it may go on."""

from pathlib import Path

from rich.console import Console

from ci.markdown import markdown
from ci.report import Preview
from ci.terminal import show


def tell(found: Preview, *, markdown_file: Path | None = None, commit: str | None = None) -> int:
    """Tell of a preview; 0 where the engine and all mandatory policies let it pass, else 1."""
    console = Console()
    show(found, console)
    if markdown_file is not None:
        markdown_file.parent.mkdir(parents=True, exist_ok=True)
        markdown_file.write_text(markdown(found, commit=commit), encoding="utf-8")
        console.print(f"summary: {markdown_file}", highlight=False, markup=False)
    return 0 if found.succeeded and not found.refused else 1
