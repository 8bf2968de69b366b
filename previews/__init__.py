"""Previews of many tenancies from one warm process, with a bounded number in flight.

What a single preview spends on starting interpreters and on imports is spent once: the program runs in this process,
and dynamic providers, which the engine starts anew for every stack, are forked from a process that has imported all.
The engines, the stacks' states and the plugins stay apart, so nothing of one tenancy is seen by another.
"""

from previews.warm import CannotWarmUp, InFlight, WarmProject, warm_project

__all__ = ["CannotWarmUp", "InFlight", "WarmProject", "warm_project"]
