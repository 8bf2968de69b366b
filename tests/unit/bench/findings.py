"""One finding of each kind and more, as a run would have them."""

from datetime import UTC, datetime

from bench.measure import Amounts, Comparison, Finding, Growth
from bench.record import Taken

FINDINGS: list[Finding] = [
    Comparison("preview", "a | preview", "an empty one", 1.5, ((1.2, 1.0), (1.4, 1.0), (1.3, 1.0)), ("why",)),
    Comparison("group", "the group", "ldapadd", None, ((2.0, 1.0),)),
    Growth("checking", "tenancies <checked>", "tenancies", {1: (0.1,), 10: (1.0,), 100: (10.5,)}, (100, 10.0)),
    Growth("starts", "one start", "notebooks", {3: (2.0,)}),
    Growth("log-ins", "a log-in", "notebooks", {0: (0.1, 0.3), 4: (0.2, 0.2, 0.5), 8: (0.2, 0.4)}, tail=0.99),
    Amounts("memory", "of a preview", "MiB", {"hub": 200.0, "proxy": 60.5}, {"hub": 100.0}),
]
MACHINE = {
    "processor": "abacus",
    "cores": 2,
    "memoryGiB": 23.4,
    "system": "Linux",
    "python": "3.11",
    "packages": {"pulumi": "3"},
    "loadOfLastMinute": 0.1,
}
DAY = datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)


def taken(figure: str, finding: Finding, *, at: datetime = DAY, **machine: object) -> Taken:
    return Taken(figure, finding, {**MACHINE, **machine}, at)


ALL = [taken(finding.name, finding) for finding in FINDINGS]
