"""Amounts of memory as text, and what the machine and control groups leave."""

import pytest

from napari_objclass import memory
from napari_objclass.errors import ParameterError

GB = 10**9


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [("4GB", 4 * GB), ("250 MB", 250 * 10**6), ("1.5GiB", 3 * 2**29), ("2g", 2 * GB), (17, 17), ("17 B", 17)],
)
def test_amounts_are_read(text, n_bytes):
    assert memory.parse(text) == n_bytes


@pytest.mark.parametrize("text", ["", "much", "4XB", "-1GB", "0", "GB", "1e9", "4 GB 2"])
def test_what_is_no_amount_is_told(text):
    with pytest.raises(ParameterError, match="no amount of memory; write it as 4GB"):
        memory.parse(text)


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (999_600, "1 MB"), (210e6, "210 MB"), (4.26e9, "4.3 GB"), (1e12, "1.0 TB")],
)
def test_amounts_are_said(n_bytes, text):
    assert memory.text(n_bytes) == text


def machine(root, cgroup, free=8 * GB, **files):
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(cgroup)
    (root / "proc/meminfo").write_text(f"MemTotal: 99 kB\nMemAvailable:  {free // 1000} kB\n")
    for path, text in files.items():
        file = root / "sys/fs/cgroup" / path.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(text))
    return root


def test_second_version_counts_every_group_on_the_way_and_files_can_be_dropped(tmp_path):
    root = machine(
        tmp_path, "0::/slice/job\n",
        **{"slice__memory.max": 3 * GB, "slice__memory.current": 2 * GB,
           "slice__memory.stat": f"anon 1\ninactive_file {GB}\n",
           "slice__job__memory.max": "max", "slice__job__memory.current": GB},
    )  # fmt: skip
    assert memory.available(root) == 2 * GB
    assert memory.limit(root) <= 3 * GB


def test_first_version_in_a_container_whose_mount_begins_at_its_own_group(tmp_path):
    root = machine(
        tmp_path, "5:cpu:/\n4:memory:/docker/abc\n0::/\n",
        **{"memory__memory.limit_in_bytes": 2 * GB, "memory__memory.usage_in_bytes": 3 * GB // 2},
    )  # fmt: skip
    assert memory.available(root) == GB // 2


def test_the_machine_may_have_less_than_the_group(tmp_path):
    root = machine(tmp_path, "0::/\n", free=GB, **{"memory.max": 64 * GB, "memory.current": 0})
    assert memory.available(root) == GB * 1024 // 1000


def test_a_group_that_is_over_its_limit_leaves_nothing(tmp_path):
    root = machine(tmp_path, "0::/\n", **{"memory.max": GB, "memory.current": 2 * GB})
    assert memory.available(root) == 0


def test_a_system_that_tells_nothing_leaves_half(tmp_path):
    assert 0 < memory.available(tmp_path) <= (memory.limit(tmp_path) or 2 * GB) // 2


def test_peak_grows_with_what_is_used():
    before = memory.peak()
    held = bytearray(b"x" * (before + 2**24))
    assert memory.peak() > before
    del held
