"""Configuration file of ``dask-gateway-server``: apply the chart's values, then run ``gateway.extraConfig``."""

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from gateway_traits import api_traits, extra_config  # noqa: E402 - needs the path above

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - defined by the gateway
values = json.loads((HERE / "values.json").read_text())

for class_name, settings in api_traits(values, os.environ).items():
    c[class_name].update(settings)

for name, block in extra_config(values).items():
    exec(compile(block, f"gateway.extraConfig.{name}", "exec"))  # noqa: S102 - the purpose of the value
