"""The resource type ``random:index/randomBytes:RandomBytes``, which states of older versions of the program contain.

The program does not declare it any more: its id, which no engine encrypts, is its value. The answers of the official
plugin are recorded in tests/fixtures/grpc/random.json.
"""

import base64
import binascii
import secrets

from pulumi.runtime.proto import provider_pb2

from local.stand_ins.plugins.errors import OperationFailed
from local.stand_ins.plugins.server import Call, CheckFailures, Resource
from local.stand_ins.plugins.wire import UNKNOWN, Properties, Secret, plain

TYPE = "random:index/randomBytes:RandomBytes"
INPUTS = ("keepers", "length")

RAW_STATE_DELTA = {"obj": {"ps": {"keepers": Secret({"replace": {"raw": None}})}}}
"""Internal record of the official plugin about its older state format, for a resource without keepers."""


class RandomBytes(Resource):
    """Random bytes, stored in the engine's state only: the id is their base64 form."""

    def check(self, call: Call, olds: Properties, news: Properties) -> tuple[Properties, CheckFailures]:
        """Validate the length."""
        inputs = {key: news[key] for key in INPUTS if news.get(key) is not None}
        length = plain(inputs.get("length"))
        if length is None:
            return inputs, {"length": "Missing required property 'length': the number of random bytes"}
        if length is UNKNOWN:
            return inputs, {}
        if isinstance(length, bool) or not isinstance(length, int):
            return inputs, {"length": f"must be a whole number of bytes, got: {length!r}"}
        if length < 1:
            hint = f"Attribute length value must be at least 1, got: {length}. Examine values at '{call.name}.length'."
            return inputs, {"length": f"Invalid Attribute Value. {hint}"}
        return inputs, {}

    def diff(self, olds: Properties, old_inputs: Properties, news: Properties) -> provider_pb2.DiffResponse:
        """Compare the inputs; every change replaces the resource."""
        old, new = plain(old_inputs), plain(news)
        keys = [key for key in INPUTS if old.get(key) != new.get(key)]
        changes = provider_pb2.DiffResponse.DIFF_SOME if keys else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changes, replaces=keys, diffs=keys)

    def create(self, call: Call, inputs: Properties) -> tuple[str, Properties]:
        """Draw the bytes from the operating system; not in a preview."""
        if call.preview:
            return "", {**inputs, "base64": UNKNOWN, "hex": UNKNOWN}
        value = secrets.token_bytes(int(plain(inputs["length"])))
        return base64.b64encode(value).decode(), _outputs(inputs, value)

    def read(self, call: Call, id: str, olds: Properties, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Decode the bytes from the id."""
        try:
            return inputs, _outputs(inputs, base64.b64decode(id, validate=True))
        except binascii.Error:
            raise OperationFailed("the id of a RandomBytes must be its bytes in base64") from None

    def delete(self, call: Call, id: str, olds: Properties) -> None:
        """Do nothing: the bytes exist in the state only."""


def _outputs(inputs: Properties, value: bytes) -> Properties:
    outputs: Properties = {**inputs, "base64": Secret(base64.b64encode(value).decode()), "hex": Secret(value.hex())}
    if "keepers" not in inputs:
        outputs["__pulumi_raw_state_delta"] = RAW_STATE_DELTA
    return outputs
