"""Recognition of credentials in plain text: tokens by their form, private keys, and URLs with a log-in. Pure.

A form is as exact as its issuer documents it, because ordinary values must never be refused: host names, paths, hashes,
identifiers of data sets and URLs with ``@`` in the path.
"""

import base64
import binascii
import re
from typing import NamedTuple


class Form(NamedTuple):
    """A form of credentials."""

    markers: tuple[str, ...]
    """Texts, one of which every credential of this form contains. Most values contain none, and need no search."""
    pattern: re.Pattern[str]


def _form(*markers: str, pattern: str) -> Form:
    return Form(markers, re.compile(pattern))


_START = r"(?<![A-Za-z0-9_-])"
"""Not in the middle of a word: ``disk-…`` contains no token of the form ``sk-…``."""

FORMS = (
    _form("PRIVATE KEY", pattern=r"PRIVATE KEY( BLOCK)?-----"),
    # GitHub: gho_ (OAuth), ghp_ (personal), ghr_ (refresh), ghs_ (installations) and ghu_ (users of apps).
    _form("gh", pattern=rf"{_START}gh[oprsu]_[A-Za-z0-9]{{16,}}"),
    _form("github_pat_", pattern=rf"{_START}github_pat_[A-Za-z0-9_]{{16,}}"),
    # GitLab: personal, deploy, runner, job, trigger, feed, SCIM, mail and agent tokens.
    _form("gl", pattern=rf"{_START}gl(pat|dt|rt|cbt|ptt|ft|soat|imt|agent)-(?=[\w-]*[0-9])[\w-]{{20,}}"),
    # OpenAI, Anthropic, OpenRouter and others: sk-…, sk-proj-…, sk-ant-api03-….
    _form(
        "sk-",
        pattern=rf"{_START}sk-(?:[A-Za-z0-9]{{0,40}}[-_]){{0,6}}(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{{20,}}",
    ),
    # Slack.
    _form("xox", pattern=rf"{_START}xox[abeoprs]-(?=[\w-]*[0-9])[A-Za-z0-9-]{{10,}}"),
    _form("hooks.slack.com", pattern=r"hooks\.slack\.com/services/T\w+/B\w+/\w+"),
    # Hugging Face. Names of its programs have words in small letters.
    _form("hf_", pattern=rf"{_START}hf_(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{{20,}}"),
    _form("pypi-", pattern=rf"{_START}pypi-AgE[\w-]{{16,}}"),
    _form("npm_", pattern=rf"{_START}npm_[A-Za-z0-9]{{36}}"),
    _form("dckr_pat_", pattern=rf"{_START}dckr_pat_[\w-]{{16,}}"),
    _form("_live_", "_test_", pattern=rf"{_START}[rs]k_(live|test)_[A-Za-z0-9]{{16,}}"),
    _form("AIza", pattern=rf"{_START}AIza[\w-]{{35}}"),
    # JSON Web Tokens: Earthdata's, Kubernetes' and others. Two parts are JSON, in base64.
    _form("eyJ", pattern=rf"{_START}eyJ[\w-]{{8,}}\.[\w-]*\.[\w-]{{8,}}"),
    # Azure: connection strings, and URLs with a shared access signature.
    _form("AccountKey=", "SharedAccessKey=", pattern=r"(AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{16,}"),
    _form("=", pattern=r"(?i)[?&](sig|x-amz-signature|access_token|private_token|api_?key|password)=[^&\s]{8,}"),
)
"""The forms. Source: the issuers' documentation of tokens, and their rules in secret scanners."""

_ACCESS_KEY_ID = re.compile(r"(?<![A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")
_SECRET_ACCESS_KEY = re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
"""AWS's keys. The identifier alone is no secret, and the secret alone has no form of its own."""

_HASH = re.compile(r"[0-9a-f]{40}|[0-9A-F]{40}")

_LOG_IN = re.compile(r"://[^/@\s:?#]*:(?![0-9]{1,5}[?#])[^/@\s]+@")
"""A URL with a password. A port can be in the same place, before a query with an address of e-mail."""

_TOKEN_AS_USER = re.compile(r"(?i)https?://(?=[^/@\s:?#]*[0-9])(?=[^/@\s:?#]*[a-z])[^/@\s:?#.]{12,}:?@")
"""A web address with a token in place of the user, such as of a package index; users' names are shorter or have dots.

Other protocols have names there: ``ssh://git@…``, and ``abfs://container@…`` of Azure's storage.
"""

_SECRET_NAME = re.compile(
    r"(PASSWORD|PASSWD|PASSPHRASE|SECRET|API_?KEY)(_|$)"
    r"|(^|_)(PASS|PWD|TOKEN|CREDENTIALS?|((ACCESS|ACCOUNT|PRIVATE|STORAGE|AUTH|ENCRYPTION)_KEY)|CONNECTION_STRING)(_|$)"
)
_DESCRIBES_A_SECRET = re.compile(
    r"_(FILE|PATH|DIR|URL|URI|ID|NAME|TYPE|ENDPOINT|LIFETIME|TTL|TIMEOUT|SECONDS|MINUTES|HOURS|LENGTH|HELPER|PROVIDER)$"
)
_KEY = re.compile(r"(^|_)KEY$")
_KEY_OF_DATA = re.compile(
    r"(^|_)(PUBLIC|PRIMARY|FOREIGN|PARTITION|SORT|SORTING|ORDER|INDEX|GROUP|JOIN|MERGE|CACHE|DICT|MAP|TIME|DATE|DATA|CHUNK"
    r"|ROW|COLUMN|OBJECT|FILE|BUCKET|CONFIG|HOST|SHORTCUT|HOT|COMPOSE|META|METADATA)_KEY$"
)
"""Names of a service's key, such as ``CDS_KEY``, and those of keys by which data are found."""

_NO_SECRET = re.compile(r"|[0-9]{1,5}|true|false|yes|no|on|off|none|null|[~.]?/.*", re.IGNORECASE)
"""Values that are no secrets: empty, a number or a switch, or a path."""

_NAMES = (
    r"password|passwd|passphrase|pwd|secret|token|signature|credential"
    r"|(?:api|access|account|auth|private|secret|storage|shared|subscription|encryption)[_-]?key"
)
"""Names of secrets in texts, in any case. Others can be before them: ``db_password``, ``sharedAccessKey``."""

_ASSIGNMENTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # In connection strings, queries of URLs, and options of commands. `==` compares.
        rf"(?:{_NAMES}) ?=(?!=) ?[\"']?(?P<value>[^\s\"'&;,)}}]*)",
        rf"--(?:{_NAMES}) (?P<value>[^\s-]\S*)",
        # In JSON.
        rf"(?:{_NAMES})[\"'] ?: ?[\"'](?P<value>[^\s\"']*)",
        # Names that often are no secret: only in queries, or with a value that is long and has letters and digits.
        r"[?&](?:sig|pass|pw|auth)=(?P<value>[^&\s]{6,})",
        r"(?<![A-Za-z])key ?=(?!=) ?[\"']?(?P<value>(?=[^\s&;,]{0,99}[0-9])(?=[^\s&;,]{0,99}[a-z])[^\s\"'&;,]{20,})",
        # In files of the form of .netrc, and in headers of HTTP.
        r"\blogin \S{1,99} password (?P<value>\S+)",
        r"\bbearer (?P<value>(?=[A-Za-z]{0,99}[0-9._~+/-][A-Za-z0-9])[A-Za-z0-9._~+/-]{8,})",
    )
)
"""Assignments of a secret within a text."""

_BASIC = re.compile(r"\bBasic ([A-Za-z0-9+/]{6,}={0,2})", re.IGNORECASE)
"""A header of HTTP with a user name, a colon and a password in base64."""

_PLACEHOLDER = re.compile(r"[$%<{*].*|\[.*|x{3,}|\.{3,}|…")
"""Beginnings of values that stand for others, and the signs in their place."""


def contains_credential(text: str) -> bool:
    """Return whether a text contains a credential of a known form."""
    if any(form.pattern.search(text) for form in FORMS if any(marker in text for marker in form.markers)):
        return True
    if "://" in text and "@" in text and (_LOG_IN.search(text) or _TOKEN_AS_USER.search(text)):
        return True
    return bool(_ACCESS_KEY_ID.search(text) and _SECRET_ACCESS_KEY.search(text))


def is_access_key_id(text: str) -> bool:
    """Return whether a text contains the identifier of an access key of AWS, which is no secret."""
    return bool(_ACCESS_KEY_ID.search(text))


def may_be_secret_access_key(text: str) -> bool:
    """Return whether a text has the form of a secret access key, which it is beside an identifier."""
    return bool(_SECRET_ACCESS_KEY.fullmatch(text)) and not _HASH.fullmatch(text)


def assigns_secret(text: str) -> bool:
    """Return whether a text contains a secret beside its name, such as ``password=…``, or a header with one."""
    found = (match["value"] for pattern in _ASSIGNMENTS for match in pattern.finditer(text))
    if any(not _NO_SECRET.fullmatch(value) and not _PLACEHOLDER.fullmatch(value) for value in found):
        return True
    return any(_is_log_in(match[1]) for match in _BASIC.finditer(text))


def _is_log_in(encoded: str) -> bool:
    try:
        return b":" in base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False


def is_secret_text(name: str, text: str) -> bool:
    """Return whether a variable's plain text may be a secret, by its name, or because it contains a credential."""
    if contains_credential(text) or assigns_secret(text):
        return True
    upper = name.upper()
    is_key = _KEY.search(upper) and not _KEY_OF_DATA.search(upper)
    is_secret = is_key or (_SECRET_NAME.search(upper) and not _DESCRIBES_A_SECRET.search(upper))
    return bool(is_secret and not _NO_SECRET.fullmatch(text))
