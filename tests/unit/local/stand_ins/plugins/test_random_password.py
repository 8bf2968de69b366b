"""Passwords that the stand-in for the random plugin generates."""

import re
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from local.stand_ins.plugins.random_password import bcrypt
from local.stand_ins.plugins.wire import from_struct, plain, to_struct

URN = "urn:pulumi:vis::pangeo::random:index/randomPassword:RandomPassword::token"
HEX = {"length": 64, "lower": False, "upper": False, "overrideSpecial": "abcdef"}


def create(random: ResourceProviderStub, **inputs: Any) -> dict[str, Any]:
    answer = random.Create(provider_pb2.CreateRequest(urn=URN, properties=to_struct(inputs)))
    assert answer.id == "none"
    outputs: dict[str, Any] = plain(from_struct(answer.properties))
    return outputs


def diff(random: ResourceProviderStub, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    request = provider_pb2.DiffRequest(urn=URN, id="none", old_inputs=to_struct(old), news=to_struct(new))
    answer: dict[str, Any] = MessageToDict(random.Diff(request))
    return answer


def failures(random: ResourceProviderStub, **inputs: Any) -> list[str]:
    answer = random.Check(provider_pb2.CheckRequest(urn=URN, news=to_struct(inputs)))
    return [each.property for each in answer.failures]


def test_a_password_of_digits_and_six_letters_is_hexadecimal(random: ResourceProviderStub) -> None:
    drawn = create(random, **HEX)["result"]

    assert re.fullmatch("[0-9a-f]{64}", drawn)
    assert len(set(drawn)) > 8
    assert drawn != create(random, **HEX)["result"]


def test_the_least_number_of_each_class_is_kept(random: ResourceProviderStub) -> None:
    drawn = create(random, length=4, special=False, minUpper=1, minLower=2, minNumeric=1)["result"]

    assert sorted("A" if c.isupper() else "a" if c.islower() else "0" for c in drawn) == ["0", "A", "a", "a"]


def test_bcrypt_gives_the_hash_of_a_known_example(monkeypatch: pytest.MonkeyPatch) -> None:
    # The example of crypt_blowfish's wrapper.c: salt of CCCCCCCCCCCCCCCCCCCCC.
    monkeypatch.setattr("local.stand_ins.plugins.random_password.BCRYPT_SETTING", b"$2a$05$")
    monkeypatch.setattr("local.stand_ins.plugins.random_password.secrets.choice", lambda _: "C")

    assert bcrypt("U*U").startswith("$2a$05$CCCCCCCCCCCCCCCCCCCCC")
    assert bcrypt("U*U").endswith("E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")


@pytest.mark.parametrize("key", ["length", "lower", "overrideSpecial"])
def test_every_change_replaces_the_password(random: ResourceProviderStub, key: str) -> None:
    changed = diff(random, HEX, {**HEX, key: {"length": 65, "lower": True, "overrideSpecial": "abc"}[key]})

    assert changed == {"changes": "DIFF_SOME", "replaces": [key], "diffs": [key]}


def test_a_default_that_is_written_out_is_no_change(random: ResourceProviderStub) -> None:
    assert diff(random, HEX, {**HEX, "numeric": True, "special": True}) == {"changes": "DIFF_NONE"}


@pytest.mark.parametrize("inputs", [{}, {"length": 0}, {"length": 3, "minLower": 4}, {"length": "x"}])
def test_an_impossible_length_is_refused(random: ResourceProviderStub, inputs: dict[str, Any]) -> None:
    assert failures(random, **inputs) == ["length"]
