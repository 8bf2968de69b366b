"""Entry point of the policy pack: the engine runs this folder, with nothing else on Python's path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policies.pack import serve

serve()
