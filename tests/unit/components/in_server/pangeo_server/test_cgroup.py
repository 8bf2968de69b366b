"""Memory, CPU time and limits of a container, from files of the kernel's control groups as real systems have them."""

from pathlib import Path

import pytest

from components.in_server.pangeo_server.cgroup import ControlGroups, CpuMeter

GIB = 1024**3

VERSION_1 = {
    "memory/memory.usage_in_bytes": "3221225472",
    "memory/memory.limit_in_bytes": "4294967296",
    "memory/memory.stat": (
        "cache 42848256\nrss 11255808\nrss_huge 0\nshmem 9547776\nmapped_file 7290880\ndirty 253952\nwriteback 0\n"
        "workingset_refault_anon 0\nworkingset_refault_file 0\nswap 0\nswapcached 0\npgpgin 27547\npgpgout 14376\n"
        "pgfault 32797\npgmajfault 0\ninactive_anon 0\nactive_anon 1531904\ninactive_file 13729792\n"
        "active_file 19570688\nunevictable 19271680\nhierarchical_memory_limit 4294967296\n"
        "hierarchical_memsw_limit 9223372036854771712\ntotal_cache 2147483648\ntotal_rss 1073741824\n"
        "total_rss_huge 0\ntotal_shmem 13299712\ntotal_mapped_file 151949312\ntotal_dirty 376815616\n"
        "total_writeback 0\ntotal_workingset_refault_anon 0\ntotal_workingset_refault_file 0\ntotal_swap 0\n"
        "total_swapcached 0\ntotal_pgpgin 54077002\ntotal_pgpgout 52266434\ntotal_pgfault 58939316\n"
        "total_pgmajfault 815\ntotal_inactive_anon 1072693248\ntotal_active_anon 1048576\n"
        "total_inactive_file 1073741824\ntotal_active_file 1073741824\ntotal_unevictable 19271680\n"
    ),
    "cpuacct/cpuacct.usage": "2282240688047",
    "cpu/cpu.cfs_quota_us": "150000",
    "cpu/cpu.cfs_period_us": "100000",
}
OWN_GROUPS_1 = (
    "9:name=systemd:/kubepods/pod7/c1\n8:pids:/kubepods/pod7/c1\n4:memory:/kubepods/pod7/c1\n"
    "2:cpuacct:/kubepods/pod7/c1\n1:cpu:/kubepods/pod7/c1\n0::/\n"
)

VERSION_2 = {
    "cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc",
    "memory.current": "3221225472",
    "memory.max": "4294967296",
    "memory.stat": (
        "anon 961605632\nfile 2147483648\nkernel 112136192\nkernel_stack 6029312\npagetables 5242880\n"
        "sec_pagetables 0\npercpu 2448\nsock 8192\nvmalloc 65536\nshmem 5246976\nzswap 0\nzswapped 0\n"
        "file_mapped 5242880\nfile_dirty 81920\nfile_writeback 0\nswapcached 0\nanon_thp 706740224\nfile_thp 0\n"
        "shmem_thp 0\ninactive_anon 966852608\nactive_anon 16384\ninactive_file 1073741824\n"
        "active_file 1068494848\nunevictable 0\nslab_reclaimable 95420416\nslab_unreclaimable 3884784\n"
        "slab 99305200\nworkingset_refault_anon 0\nworkingset_refault_file 4096\npgfault 58939316\npgmajfault 815\n"
    ),
    "cpu.stat": (
        "usage_usec 2282240688\nuser_usec 1891110022\nsystem_usec 391130666\nnr_periods 184202\nnr_throttled 3110\n"
        "throttled_usec 211004411\n"
    ),
    "cpu.max": "150000 100000",
}
OWN_GROUPS_2 = "0::/\n"


def groups(folder: Path, files: dict[str, str], own: str) -> ControlGroups:
    for name, text in files.items():
        path = folder / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.rstrip("\n") + "\n")
    (folder / "own").write_text(own)
    return ControlGroups(folder / "cgroup", folder / "own")


@pytest.mark.parametrize(
    ("files", "own", "used"),
    [(VERSION_1, OWN_GROUPS_1, GIB), (VERSION_2, OWN_GROUPS_2, 983568384)],
    ids=["version 1", "version 2"],
)
def test_containers_files_are_read(tmp_path: Path, files: dict[str, str], own: str, used: int) -> None:
    found = groups(tmp_path, files, own)
    assert found.memory_bytes() == used
    assert found.memory_limit() == 4 * GIB
    assert found.cpu_seconds() == pytest.approx(2282.24, abs=0.01)
    assert found.cpu_limit() == 1.5


def test_cache_of_files_is_not_used_memory(tmp_path: Path) -> None:
    """A program that reads files again and again fills the memory with them; the kernel frees it when needed."""
    found = groups(tmp_path, VERSION_1, OWN_GROUPS_1)
    assert found.memory_bytes() == 3 * GIB - 2 * GIB


def test_combined_controllers_have_one_folder(tmp_path: Path) -> None:
    files = {
        name.replace("cpuacct/", "cpu,cpuacct/").replace("cpu/", "cpu,cpuacct/"): VERSION_1[name] for name in VERSION_1
    }
    found = groups(tmp_path, files, "4:memory:/\n2:cpu,cpuacct:/docker/abc\n")
    assert found.cpu_seconds() == pytest.approx(2282.24, abs=0.01)
    assert found.cpu_limit() == 1.5


def test_group_of_the_process_is_found_without_a_container(tmp_path: Path) -> None:
    files = {f"user.slice/a.scope/{name}": text for name, text in VERSION_2.items()}
    assert groups(tmp_path, files, "0::/user.slice/a.scope\n").memory_limit() == 4 * GIB


@pytest.mark.parametrize(
    ("files", "own"),
    [
        ({"memory/memory.limit_in_bytes": "9223372036854771712", "cpu/cpu.cfs_quota_us": "-1"}, OWN_GROUPS_1),
        ({"memory.max": "max", "cpu.max": "max 100000"}, OWN_GROUPS_2),
        ({}, OWN_GROUPS_2),
        ({}, ""),
    ],
    ids=["version 1", "version 2", "no files", "no groups"],
)
def test_absent_limits_and_files_are_no_numbers(tmp_path: Path, files: dict[str, str], own: str) -> None:
    found = groups(tmp_path, {"cpu/cpu.cfs_period_us": "100000", **files}, own)
    assert (found.memory_limit(), found.cpu_limit(), found.memory_bytes(), found.cpu_seconds()) == (None,) * 4


def test_this_machines_files_are_read() -> None:
    found = ControlGroups()
    assert (found.cpu_seconds() or 0) > 0


def test_used_cpus_are_the_mean_since_the_last_question(tmp_path: Path) -> None:
    found = groups(tmp_path, VERSION_2, OWN_GROUPS_2)
    meter, file = CpuMeter(found), tmp_path / "cgroup" / "cpu.stat"

    def used(at: float, seconds: float) -> float | None:
        file.write_text(f"usage_usec {int(seconds * 1e6)}\n")
        return meter.used(at)

    assert used(100, 10) is None
    assert used(102, 11) == 0.5
    assert used(102.5, 12) == 0.5  # a second window asks at the same time
    assert used(112, 26) == 1.5
    assert used(9999, 30) is None  # nobody asked for hours
    assert used(10009, 35) == 0.5
