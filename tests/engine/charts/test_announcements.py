"""Announcements change no object but their own: neither the hub nor a user's server restarts."""

import json

import pytest

from components.chart.hub_pages import announcement_values
from components.in_hub.announcements import CONFIG_MAP, KEY
from tests.engine.charts.matrix import MINIMAL, matrix_tenancy
from tests.engine.charts.renders import Render

pytestmark = pytest.mark.engine


def test_announcements_add_three_objects_and_change_none(render_either: Render) -> None:
    without, announced = render_either("no announcements").objects, dict(render_either("announcements").objects)
    release = matrix_tenancy(MINIMAL).release
    own = [
        announced.pop(key)
        for key in (
            ("ConfigMap", CONFIG_MAP),
            ("Role", f"{release}-announcements"),
            ("RoleBinding", f"{release}-announcements"),
        )
    ]

    assert announced == without
    assert json.loads(own[0]["data"][KEY]) == announcement_values(matrix_tenancy("announcements"))["announcements"]
    assert own[1]["rules"] == [
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [CONFIG_MAP], "verbs": ["get"]}
    ]
