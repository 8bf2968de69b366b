"""The two things that may come of a configuration: a tenancy that can be deployed, or a list that can be acted on."""

import json
from collections.abc import Callable

from components.chart.secrets import HubSecrets
from components.chart.values import chart_values
from components.config.capacity import compute_capacity
from components.config.problems import InvalidTenancy
from components.config.stack_file import read_config
from components.config.tenancy import Tenancy
from components.contract.immutable import immutable_settings, list_refused_changes

LONGEST_LINE = 600
SECRETS = HubSecrets(proxy_token="a" * 64, cookie_secret="b" * 64, crypt_key="c" * 64, gateway_token="d" * 64)


def tenancy_or_problems(read: Callable[[], Tenancy]) -> Tenancy | None:
    """What was read, seen to be good; None where it was refused as a refusal should be. Anything else is raised."""
    try:
        tenancy = read()
    except InvalidTenancy as invalid:
        is_a_clean_list(invalid)
        return None
    can_be_deployed(tenancy)
    return tenancy


def is_a_clean_list(invalid: InvalidTenancy) -> None:
    """A line for each problem, which any terminal can show and which shows nothing else."""
    text = str(invalid)
    head, *lines = text.split("\n")
    count = len(invalid.problems)
    assert count > 0
    assert head == f"{invalid.source}: {count} problem{'' if count == 1 else 's'}"
    assert len(lines) == count, text
    for line in lines:
        assert line.isprintable(), ascii(line)
        assert line.strip()
        assert len(line) <= LONGEST_LINE, line
    assert "Traceback" not in text
    assert "pydantic" not in text


def can_be_deployed(tenancy: Tenancy) -> None:
    """Everything that is made of a tenancy can be made of this one, and it is written as it is read."""
    json.dumps(chart_values(tenancy, SECRETS), allow_nan=False).encode()
    json.dumps(immutable_settings(tenancy).as_props(), allow_nan=False).encode()
    room = compute_capacity(tenancy)
    assert room is None or room.notebooks >= 0
    written = tenancy.as_inputs()
    again = read_config(json.loads(json.dumps(written, allow_nan=False)), source="written")
    assert again.as_inputs() == written
    assert list_refused_changes(immutable_settings(tenancy), immutable_settings(again)) == []
