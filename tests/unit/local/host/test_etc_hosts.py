"""The tenancy's names in the hosts file are added once and removed completely."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from local.host import etc_hosts

BEFORE = "127.0.0.1 localhost\n192.0.2.1 printer\n"
NAMES = {"ipa.tenancy.test": IPv4Address("10.244.0.1"), "pangeo.127-0-0-1.sslip.io": IPv4Address("127.0.0.1")}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "hosts"
    file.write_text(BEFORE)
    return file


def test_names_are_added_once(file: Path) -> None:
    etc_hosts.add(NAMES, file)
    etc_hosts.add(NAMES, file)

    assert file.read_text().count("127.0.0.1 pangeo.127-0-0-1.sslip.io") == 1
    assert file.read_text().count("10.244.0.1 ipa.tenancy.test") == 1


def test_other_lines_stay_unchanged(file: Path) -> None:
    etc_hosts.add(NAMES, file)
    etc_hosts.remove(file)

    assert file.read_text() == BEFORE


def test_last_line_without_a_line_end_is_kept(file: Path) -> None:
    file.write_text("192.0.2.1 printer")
    etc_hosts.add(NAMES, file)

    assert "192.0.2.1 printer\n" in file.read_text()
