"""Locks of temporary folders: held until released, gone with their process, never disturbed."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from core import settings
from core.files import locks

HOLD = """
import sys
from pathlib import Path
from core.files import locks
lock = locks.lock_folder(Path(sys.argv[1]))
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_folder_is_locked_until_the_lock_is_released(tmp_path: Path) -> None:
    assert not locks.is_locked(tmp_path)
    lock = locks.lock_folder(tmp_path)
    assert [locks.is_locked(tmp_path) for _ in range(3)] == [True] * 3
    # By any thread: uploads are removed in one of their own.
    thread = threading.Thread(target=lock.release)
    thread.start()
    thread.join()
    assert [locks.is_locked(tmp_path) for _ in range(3)] == [False] * 3
    locks.lock_folder(tmp_path).release()


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path],
        cwd=settings.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        assert locks.is_locked(tmp_path)
        process.kill()
    assert not locks.is_locked(tmp_path)


def test_a_young_folder_may_be_without_its_lock(tmp_path: Path) -> None:
    assert locks.is_locked(tmp_path, max_age=60)
    os.utime(tmp_path, (1, 1))
    assert not locks.is_locked(tmp_path, max_age=60)
    assert not locks.is_locked(tmp_path / "none", max_age=60)
    assert list(tmp_path.iterdir()) == []


def test_the_size_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a").write_bytes(bytes(3))
    (tmp_path / "inner" / "b").write_bytes(bytes(4))
    assert locks.folder_size(tmp_path) == 7
