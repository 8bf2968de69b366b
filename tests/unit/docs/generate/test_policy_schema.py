import json

import jsonschema
import pytest

from ci.policy_review import KNOWN
from components.config.policy_settings import parse_known_policies
from docs.generate.policies import EXAMPLE
from docs.generate.policy_schema import render_policy_schema

SCHEMA = json.loads(render_policy_schema())


def test_the_schema_holds_the_policies_of_the_pack() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert parse_known_policies(SCHEMA) == KNOWN


@pytest.mark.parametrize(
    "good", [{}, EXAMPLE, {"all": "advisory"}, {"log-in-by-group": {"enforcementLevel": "disabled"}}]
)
def test_the_schema_accepts_good_files(good: object) -> None:
    jsonschema.validate(good, SCHEMA)


@pytest.mark.parametrize("bad", [{"log-in-by-grup": "disabled"}, {"all": "off"}, {"guaranteed-resources": {"x": 1}}])
def test_the_schema_refuses_mistakes(bad: object) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, SCHEMA)
