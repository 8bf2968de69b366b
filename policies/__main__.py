"""What the engine starts, in this folder and with only this folder on Python's path: serve the pack until killed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policies.pack import serve

serve()
