"""``dask-gateway-server kube-controller`` reads this file at its start: what the chart's values mean."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from gateway_traits import controller_traits  # noqa: E402 - found through the line above

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - the gateway's

for class_name, settings in controller_traits(json.loads((HERE / "values.json").read_text())).items():
    c[class_name].update(settings)
