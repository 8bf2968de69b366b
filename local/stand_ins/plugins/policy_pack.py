"""Run a policy pack like the official host: ``policy_pack.py ENGINE_ADDRESS FOLDER [-option=value …]``.

The engine starts this script in the pack's folder and passes the options of the pack's ``PulumiPolicy.yaml`` as further
arguments. They select the Python interpreter, which is already running, and ``pulumi.policy`` would misread them as
its own options (``-virtualenv`` as ``-v``).
"""

import runpy
import sys

sys.argv[1:] = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
# As with ``python -m``: the pack's folder comes first on the module path, not the folder of this script.
sys.path[0] = ""
runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)
