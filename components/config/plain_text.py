"""Text of the stack file that pages show to users. The hub shows it as text, with its web addresses as links."""

import re
import unicodedata

_TO_ONE_BLANK = re.compile(r"\s+")
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that let the following text appear in another order, so that a link can look like another one."""


def check_text(value: str) -> str:
    """Return a text of several lines with the line ends of the repository.

    Raises:
        ValueError: It has a control character, or one that reorders the text.
    """
    text = value.replace("\r\n", "\n").expandtabs(4)
    for character in text:
        if character != "\n" and (character in _BIDI_CONTROLS or unicodedata.category(character) in ("Cc", "Cs")):
            raise ValueError(f"contains the control character U+{ord(character):04X}; remove it")
    return text


def check_line(value: str) -> str:
    """Return a text on one line; YAML may have broken it into several.

    Raises:
        ValueError: As for ``check_text``, or it is empty.
    """
    text = _TO_ONE_BLANK.sub(" ", check_text(value)).strip()
    if not text:
        raise ValueError("is empty; write the text that users read")
    return text
