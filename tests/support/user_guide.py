"""The code that the user guide prints."""

import re

from local.paths import PROJECT


def printed_code(phrase: str) -> str:
    """Return the user guide's only block of Python code that contains the phrase."""
    text = (PROJECT / "docs" / "user-guide.md").read_text(encoding="utf-8")
    [found] = [
        block for block in re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE) if phrase in block
    ]
    return str(found)
