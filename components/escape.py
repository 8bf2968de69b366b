"""Text from outside, fit to be shown: what would break a line, move a cursor or cannot be written is spelled out."""


def printable(text: str) -> str:
    """``text`` with every unprintable character as Python spells it in its own literals.

    ``str.isprintable`` counts line breaks, escape sequences, marks that turn the writing's direction and lone
    surrogates as unprintable, and nothing an operator would write on purpose.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
