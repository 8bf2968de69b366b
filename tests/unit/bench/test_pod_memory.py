"""The memory of a pod is that of its processes, without those that read it."""

from bench.pod_memory import resident_mib


def test_pod_memory_excludes_the_reading_processes() -> None:
    statuses = "\n".join(
        f"Name:\t{name}\nVmHWM:\t  999999 kB\nVmRSS:\t  {kib} kB"
        for name, kib in (("jupyterhub", 102_400), ("python3", 51_200), ("sh", 1024), ("cat", 1024))
    )

    assert resident_mib(f"{statuses}\nName:\tkworker\n") == 150.0
