"""Checks that a configuration is either a tenancy that can be deployed or a list of problems."""

import json
from collections.abc import Callable

from components.capacity.total import compute_capacity
from components.chart.values import chart_values
from components.config.problems import InvalidTenancy
from components.config.stack_file import read_config
from components.config.tenancy import Tenancy
from components.contract.immutable import immutable_settings, list_refused_changes

MAX_LINE_LENGTH = 600


def check_outcome(read: Callable[[], Tenancy]) -> Tenancy | None:
    """Read a tenancy and check that it can be deployed; return None if it was refused with a printable list."""
    try:
        tenancy = read()
    except InvalidTenancy as invalid:
        check_list(invalid)
        return None
    check_deployable(tenancy)
    return tenancy


def check_list(invalid: InvalidTenancy) -> None:
    """Fail unless there is one printable line for each problem and no trace of the implementation."""
    text = str(invalid)
    head, *lines = text.split("\n")
    count = len(invalid.problems)
    assert count > 0
    assert head == f"{invalid.source}: {count} problem{'' if count == 1 else 's'}"
    assert len(lines) == count, text
    for line in lines:
        assert line.isprintable(), ascii(line)
        assert line.strip()
        assert len(line) <= MAX_LINE_LENGTH, line
    assert "Traceback" not in text
    assert "pydantic" not in text


def check_deployable(tenancy: Tenancy) -> None:
    """Fail unless all that depends on the configuration can be computed, and its JSON reads back as the same."""
    json.dumps(chart_values(tenancy), allow_nan=False).encode()
    json.dumps(immutable_settings(tenancy).as_props(), allow_nan=False).encode()
    capacity = compute_capacity(tenancy)
    assert capacity is None or capacity.notebooks >= 0
    inputs = tenancy.as_inputs()
    again = read_config(json.loads(json.dumps(inputs, allow_nan=False)), source="inputs")
    assert again.as_inputs() == inputs
    assert list_refused_changes(immutable_settings(tenancy), immutable_settings(again)) == []
