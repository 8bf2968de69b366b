"""Configuration file of ``dask-gateway-server kube-controller``: apply the chart's values."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from gateway_traits import controller_traits  # noqa: E402 - needs the path above

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - defined by the gateway

for class_name, settings in controller_traits(json.loads((HERE / "values.json").read_text())).items():
    c[class_name].update(settings)
