"""The list of Debian packages."""

from local.packages import LIST, wanted


def test_comments_and_blank_lines_are_no_packages() -> None:
    assert wanted("# the node\ncontainerd\n\nrunc # runs containers\n") == ["containerd", "runc"]


def test_no_package_is_listed_twice() -> None:
    packages = wanted(LIST.read_text())

    assert len(packages) == len(set(packages)) > 0
