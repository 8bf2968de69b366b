"""The resource type ``random:index/randomPassword:RandomPassword``, in the state only.

The answers of the official plugin are recorded in tests/fixtures/grpc/random-password.json. Where they were not
recorded, the rules are those of the Terraform provider behind it:
https://registry.terraform.io/providers/hashicorp/random/latest/docs/resources/password
"""

import ctypes
import functools
import secrets
import string
from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.errors import OperationFailed
from local.stand_ins.plugins.server import Call, CheckFailures, Resource
from local.stand_ins.plugins.wire import UNKNOWN, Properties, Secret, plain

TYPE = "random:index/randomPassword:RandomPassword"

ID = "none"
"""The id of every password: an id is stored in plain text, so it must not follow from the value."""

DEFAULTS: Mapping[str, Any] = {
    **dict.fromkeys(("lower", "numeric", "special", "upper"), True),
    **dict.fromkeys(("minLower", "minNumeric", "minSpecial", "minUpper"), 0),
}
INPUTS = ("keepers", "length", "number", "overrideSpecial", *DEFAULTS)
"""All inputs; every change replaces the resource."""

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
"""Special characters of a password without ``overrideSpecial``."""

META = '{"schema_version":"3"}'

BCRYPT_SETTING = b"$2a$10$"
"""Algorithm and cost of ``bcryptHash``."""

BCRYPT_BYTES = 72
"""Number of leading bytes that bcrypt uses."""

_BCRYPT_ALPHABET = "./" + string.ascii_uppercase + string.ascii_lowercase + string.digits
_SALT_CHARACTERS = 22
_CRYPT_DATA_BYTES = 131072
"""More than the size of ``struct crypt_data``, which is 32768 in libxcrypt and 131232 in the older glibc's."""


class RandomPassword(Resource):
    """Random characters of chosen classes, and their bcrypt hash."""

    def check(self, call: Call, olds: Properties, news: Properties) -> tuple[Properties, CheckFailures]:
        """Validate the length. The defaults are not added to the inputs."""
        inputs = {key: news[key] for key in INPUTS if news.get(key) is not None}
        settings = _complete(inputs)
        length = settings.get("length")
        if length is None:
            return inputs, {"length": "Missing required property 'length': The length of the string desired"}
        if length is UNKNOWN:
            return inputs, {}
        if isinstance(length, bool) or not isinstance(length, int):
            return inputs, {"length": f"must be a whole number of characters, got: {length!r}"}
        least = max(1, sum(settings[key] for key in ("minLower", "minNumeric", "minSpecial", "minUpper")))
        if length < least:
            hint = f"Attribute length value must be at least {least}, got: {length}."
            return inputs, {"length": f"Invalid Attribute Value. {hint} Examine values at '{call.name}.length'."}
        if not any(settings[key] for key in ("lower", "numeric", "special", "upper")):
            return inputs, {"": "at least one of lower, numeric, special and upper must be true"}
        return inputs, {}

    def diff(self, olds: Properties, old_inputs: Properties, news: Properties) -> provider_pb2.DiffResponse:
        """Compare the inputs, completed by their defaults; every change replaces the resource."""
        old, new = _complete(old_inputs), _complete(news)
        keys = sorted(key for key in INPUTS if old.get(key) != new.get(key))
        changes = provider_pb2.DiffResponse.DIFF_SOME if keys else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changes, replaces=keys, diffs=keys)

    def create(self, call: Call, inputs: Properties) -> tuple[str, Properties]:
        """Draw the password with the operating system's random numbers; not in a preview."""
        settings = {**DEFAULTS, **inputs}
        settings["number"] = settings["numeric"]
        if call.preview:
            return "", {**settings, **dict.fromkeys(("bcryptHash", "id", "result"), UNKNOWN)}
        password = draw(_complete(inputs))
        absent = {
            key: Secret({"replace": {"raw": None}}) for key in ("keepers", "overrideSpecial") if key not in inputs
        }
        return ID, {
            **settings,
            "id": ID,
            "result": Secret(password),
            "bcryptHash": Secret(bcrypt(password)),
            "__meta": META,
            **({"__pulumi_raw_state_delta": {"obj": {"ps": absent}}} if absent else {}),
        }

    def read(self, call: Call, id: str, olds: Properties, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Return the password of the state, which is the only place that has it."""
        outputs = dict(olds)
        for key in ("result", "bcryptHash"):
            outputs[key] = Secret(plain(olds.get(key)))
        absent = plain(olds.get("__pulumi_raw_state_delta", {})).get("obj", {}).get("ps", {})
        if absent:
            outputs["__pulumi_raw_state_delta"] = {"obj": {"ps": {key: Secret(absent[key]) for key in absent}}}
        return inputs, outputs

    def delete(self, call: Call, id: str, olds: Properties) -> None:
        """Do nothing: the password exists in the state only."""


def draw(settings: Mapping[str, Any]) -> str:
    """Return random characters: first the least number of each class, then any, all in random order."""
    classes = {
        "Lower": string.ascii_lowercase,
        "Numeric": string.digits,
        "Special": settings.get("overrideSpecial") or SPECIAL,
        "Upper": string.ascii_uppercase,
    }
    allowed = "".join(characters for name, characters in classes.items() if settings[name.lower()])
    drawn = [secrets.choice(characters) for name, characters in classes.items() for _ in range(settings[f"min{name}"])]
    drawn += [secrets.choice(allowed) for _ in range(settings["length"] - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def bcrypt(password: str) -> str:
    """Return the bcrypt hash of a password with a random salt.

    Python's standard library has none since 3.13; the C library that checks log-ins has.

    Raises:
        OperationFailed: this system's C library has no bcrypt.
    """
    salt = "".join(secrets.choice(_BCRYPT_ALPHABET) for _ in range(_SALT_CHARACTERS))
    data = ctypes.create_string_buffer(_CRYPT_DATA_BYTES * 2)
    found: bytes | None = _crypt()(password.encode()[:BCRYPT_BYTES], BCRYPT_SETTING + salt.encode(), data)
    if not found or not found.startswith(BCRYPT_SETTING):
        raise OperationFailed("the library libcrypt of this system has no bcrypt")
    return found.decode()


@functools.cache
def _crypt() -> Any:  # noqa: ANN401 - ctypes has no type for a C function
    for name in ("libcrypt.so.1", "libcrypt.so.2"):
        try:
            function = ctypes.CDLL(name).crypt_r
        except (OSError, AttributeError):
            continue
        function.restype = ctypes.c_char_p
        function.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
        return function
    raise OperationFailed("the library libcrypt is missing; install the package libcrypt1")


def _complete(inputs: Properties) -> dict[str, Any]:
    """Return the inputs with defaults. ``number`` is the older name of ``numeric``."""
    given = {key: value for key, value in plain(inputs).items() if value is not None}
    numeric = {"numeric": given.pop("number")} if "number" in given else {}
    return {**DEFAULTS, **numeric, **given}
