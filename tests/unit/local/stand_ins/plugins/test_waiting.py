"""What an object is waited for to be, by its annotation."""

import pytest

from local.stand_ins.plugins.errors import Refused
from local.stand_ins.plugins.kubernetes.waiting import awaited_condition


def annotated(value: str | None) -> dict[str, object]:
    return {"metadata": {"name": "a", **({"annotations": {"pulumi.com/waitFor": value}} if value else {})}}


def test_an_object_without_the_annotation_is_not_waited_for() -> None:
    assert awaited_condition(annotated(None)) is None


def test_a_condition_is_named_by_its_type() -> None:
    assert awaited_condition(annotated("condition=Established")) == "Established"


@pytest.mark.parametrize("wanted", ["jsonpath={.status.phase}=Bound", "condition=Ready=False", '["condition=A"]'])
def test_what_only_the_official_plugin_understands_is_refused(wanted: str) -> None:
    with pytest.raises(Refused, match="write condition=<type> or install the official plugin"):
        awaited_condition(annotated(wanted))
