"""Escaping of text that comes from outside the program, before it is shown in a terminal or a log."""


def escape_control_characters(text: str) -> str:
    """Return ``text`` with every unprintable character written as a Python escape sequence.

    Unprintable, by ``str.isprintable``, are line breaks, terminal escape sequences, characters that change the writing
    direction, and lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def escape_lines(text: str) -> str:
    """Return ``text`` with every unprintable character escaped, but with its line breaks."""
    return "\n".join(escape_control_characters(line) for line in text.replace("\r\n", "\n").split("\n"))
