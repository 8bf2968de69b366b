"""The command ``terms`` reads the record in the hub's pod."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from components.cli.terms import read_acceptances, summarise
from components.cluster.errors import CannotAsk
from components.cluster.kubeconfig import Kubeconfig
from components.in_hub.acceptances import Acceptance
from tests.support.tenancies import tenancy

RECORD = Acceptance("id-1", "2026-12", "alice", "2026-12-01T10:00:00+00:00", "0" * 64)


def read(tmp_path: Path, printed: str) -> list[Acceptance]:
    file = tmp_path / "kubeconfig"
    file.write_text("{}")

    def run(_: Kubeconfig, environment: Mapping[str, str], namespace: str, name: str, command: Sequence[str]) -> bytes:
        assert (namespace, name, command[-1]) == ("vis-pangeo", "hub", "components.in_hub.acceptances")
        return printed.encode()

    return read_acceptances(tenancy(), {"KUBECONFIG": str(file)}, run)


def test_record_is_read_from_the_hubs_pod(tmp_path: Path) -> None:
    assert read(tmp_path, json.dumps([asdict(RECORD)])) == [RECORD]


@pytest.mark.parametrize("printed", ["", "{}x", '[{"user": "alice"}]', "[1]", "1"])
def test_another_answer_is_reported(tmp_path: Path, printed: str) -> None:
    with pytest.raises(CannotAsk, match="run pulumi up with this version"):
        read(tmp_path, printed)


def test_summary_counts_the_present_version() -> None:
    asked = tenancy(termsOfUse={"text": "Be kind.", "version": "2027-01"})

    assert summarise(asked, [RECORD]) == "version 2027-01, which the stack file has: accepted by 0 accounts"
    assert summarise(tenancy(termsOfUse={"text": "Be kind.", "version": "2026-12"}), [RECORD]).endswith("by 1 account")
    assert "nobody is asked" in summarise(tenancy(), [RECORD])
