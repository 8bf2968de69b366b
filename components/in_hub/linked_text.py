"""Text as HTML: escaped, with its web addresses as links."""

import re

from markupsafe import Markup, escape

_ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?()\[\]{}]")
"""A web address, without the punctuation of the sentence that it ends."""

_LINK = Markup('<a href="{0}" rel="noopener noreferrer">{0}</a>')


def link_addresses(text: str) -> Markup:
    """Return a text as HTML. Only the links are HTML, whatever the text contains."""
    parts, end = [], 0
    for found in _ADDRESS.finditer(text):
        parts += [escape(text[end : found.start()]), _LINK.format(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])
