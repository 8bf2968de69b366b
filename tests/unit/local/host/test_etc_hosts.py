"""The tenancy's names in the hosts file: added once, taken out without a trace."""

from pathlib import Path

import pytest

from local.host import etc_hosts

BEFORE = "127.0.0.1 localhost\n192.0.2.1 somebody\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "hosts"
    file.write_text(BEFORE)
    return file


def test_both_names_are_added_once_however_often(file: Path) -> None:
    etc_hosts.add("pangeo.127-0-0-1.sslip.io", file)
    etc_hosts.add("pangeo.127-0-0-1.sslip.io", file)

    assert file.read_text().count("127.0.0.1 pangeo.127-0-0-1.sslip.io") == 1
    assert file.read_text().count("10.244.0.1 ipa.tenancy.test") == 1


def test_what_was_there_before_is_left_as_it_was(file: Path) -> None:
    etc_hosts.add("pangeo.127-0-0-1.sslip.io", file)
    etc_hosts.remove(file)

    assert file.read_text() == BEFORE


def test_a_file_without_a_last_line_end_keeps_its_last_name(file: Path) -> None:
    file.write_text("192.0.2.1 somebody")
    etc_hosts.add("pangeo.127-0-0-1.sslip.io", file)

    assert "192.0.2.1 somebody\n" in file.read_text()
