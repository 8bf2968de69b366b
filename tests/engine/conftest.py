"""What the engine tier shares: throw-away servers, each one for all of the tier's tests, and the programs they need."""

from tests.engine.api_server import api_server
from tests.engine.directory import directory
from tests.engine.tools import tools

__all__ = ["api_server", "directory", "tools"]
