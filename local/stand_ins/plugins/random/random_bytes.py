"""random:index/randomBytes:RandomBytes. Pure but for the random source; recorded in tests/fixtures/grpc."""

import base64
import secrets

from local.stand_ins.plugins.wire import UNKNOWN, Properties, Secret, plain

TYPE = "random:index/randomBytes:RandomBytes"
INPUTS = ("keepers", "length")

RAW_STATE_DELTA = {"obj": {"ps": {"keepers": Secret({"replace": {"raw": None}})}}}
"""What the official plugin notes about its own older state format, for a resource without keepers."""


def check(resource_name: str, news: Properties) -> tuple[Properties, dict[str, str]]:
    """The inputs, and what is wrong with them."""
    inputs = {key: news[key] for key in INPUTS if news.get(key) is not None}
    length = plain(inputs.get("length"))
    if length is None:
        return inputs, {"length": "Missing required property 'length': the number of random bytes"}
    if length is UNKNOWN:
        return inputs, {}
    if isinstance(length, bool) or not isinstance(length, int):
        return inputs, {"length": f"must be a whole number of bytes, got: {length!r}"}
    if length < 1:
        where = f"Examine values at '{resource_name}.length'."
        return inputs, {
            "length": f"Invalid Attribute Value. Attribute length value must be at least 1, got: {length}. {where}"
        }
    return inputs, {}


def replaces(olds: Properties, news: Properties) -> list[str]:
    """The inputs whose change makes new bytes: every one."""
    old, new = plain(olds), plain(news)
    return [key for key in INPUTS if old.get(key) != new.get(key)]


def expected(inputs: Properties) -> Properties:
    """What preview can say."""
    return {**inputs, "base64": UNKNOWN, "hex": UNKNOWN}


def generated(inputs: Properties) -> tuple[str, Properties]:
    """New bytes from the operating system: id and outputs."""
    return _outputs(inputs, secrets.token_bytes(int(plain(inputs["length"]))))


def read(id: str, inputs: Properties) -> tuple[Properties, Properties]:
    """The bytes an id stands for: it is their base64 form. Returns inputs and outputs."""
    value = base64.b64decode(id, validate=True)
    inputs = {key: inputs[key] for key in INPUTS if key in inputs} or {"length": len(value)}
    return inputs, _outputs(inputs, value)[1]


def _outputs(inputs: Properties, value: bytes) -> tuple[str, Properties]:
    text = base64.b64encode(value).decode()
    outputs: Properties = {**inputs, "base64": Secret(text), "hex": Secret(value.hex())}
    if "keepers" not in inputs:
        outputs["__pulumi_raw_state_delta"] = RAW_STATE_DELTA
    return text, outputs
