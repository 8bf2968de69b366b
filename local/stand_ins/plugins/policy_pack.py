"""Run a policy pack: ``policy_pack.py ENGINE_ADDRESS FOLDER [-option=value …]``, as the official host does.

The engine starts this in the pack's folder and hands over the options of its ``PulumiPolicy.yaml`` as further words.
They say which Python to use, which is settled here already, and ``pulumi.policy`` would misread them as its own
(``-virtualenv`` as ``-v``).
"""

import runpy
import sys

sys.argv[1:] = [word for word in sys.argv[1:] if not word.startswith("-")]
# As with ``python -m``: the folder of the pack, not that of this file.
sys.path[0] = ""
runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)
