"""The store of uploads: how long they stay, how much they may take, and that nobody waits."""

import errno
import io
import os
import tempfile
import threading
from pathlib import Path

import pytest

from core.files import locks, upload_store
from core.files.upload_store import GRACE, TIME_TO_LIVE, StorageFullError, StoredFile, UploadStore
from core.jobs import RUNNING, Job
from core.messages import Stopped


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of the test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


class World:
    """A store with a clock that the test turns, and the sessions that have a connection."""

    def __init__(self) -> None:
        self.now, self.connected = 0.0, set[str]()
        self.store = UploadStore(lambda session: session in self.connected, lambda: self.now)

    def add(self, size: int = 100, session: str = "") -> StoredFile:
        """An upload of so many bytes."""
        return self.store.add(StoredFile, "a.csv", io.BytesIO(bytes(size)), session)

    def after(self, seconds: float) -> None:
        """Let time pass and sweep."""
        self.now += seconds
        self.store.sweep()

    def has(self, upload: StoredFile) -> bool:
        """Whether an upload is still there, once what goes is gone; this is no use of it."""
        for thread in threading.enumerate():
            if thread.name == "delete upload":
                thread.join(30)
        return upload.folder.exists()


@pytest.fixture
def world() -> World:
    """One without uploads."""
    return World()


def test_an_upload_is_found_by_an_id_that_cannot_be_guessed(world: World) -> None:
    first, second = world.add(), world.add()
    assert world.store.get(first.id, StoredFile) is first
    assert len({first.id, second.id}) == 2
    assert min(len(first.id), len(second.id)) >= 22
    for upload_id in ("", "x", first.id[:-1], "../a"):
        assert world.store.get(upload_id, StoredFile) is None

    class Other(StoredFile):
        pass

    assert world.store.get(first.id, Other) is None


def test_an_upload_goes_so_long_after_its_last_use(world: World) -> None:
    used, unused = world.add(), world.add()
    world.after(TIME_TO_LIVE - 1)
    assert world.store.get(used.id, StoredFile) is used
    world.after(1)
    assert (world.has(used), world.has(unused)) == (True, False)
    assert world.store.get(unused.id, StoredFile) is None
    world.after(TIME_TO_LIVE)
    assert not world.has(used)


def test_an_upload_stays_while_a_session_that_holds_it_is_connected(world: World) -> None:
    world.connected = {"a"}
    upload = world.add(session="a")
    world.store.get(upload.id, StoredFile, "b")
    for _ in range(5):
        world.after(TIME_TO_LIVE)
    assert world.has(upload)
    world.connected = {"b"}
    world.after(TIME_TO_LIVE - 1)
    world.connected = set()
    # Counted from when it was last seen connected.
    world.after(TIME_TO_LIVE - 1)
    assert world.has(upload)
    world.after(1)
    assert not world.has(upload)


def test_room_is_made_by_the_least_recently_used(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_store, "MAX_BYTES", 350)
    first, second, third = world.add(), world.add(), world.add()
    world.now += 1
    world.store.get(first.id, StoredFile)
    world.now += GRACE
    fourth = world.add()
    world.after(0)
    assert [world.has(one) for one in (first, second, third, fourth)] == [True, False, True, True]


def test_an_upload_in_use_is_never_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_store, "MAX_BYTES", 350)
    world.connected = {"a"}
    held, just_used, idle = world.add(session="a"), world.add(), world.add()
    world.now += GRACE
    world.store.get(just_used.id, StoredFile)
    with pytest.raises(StorageFullError):
        world.add(200)
    # In vain nothing is removed.
    assert world.has(idle)
    world.add()
    with pytest.raises(StorageFullError):
        world.add()
    world.after(0)
    assert [world.has(one) for one in (held, just_used, idle)] == [True, True, False]


def test_what_was_made_of_an_upload_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_store, "MAX_BYTES", 1_000)
    upload = world.add()
    (upload.folder / "made").mkdir()
    (upload.folder / "made" / "results.parquet").write_bytes(bytes(950))
    with pytest.raises(StorageFullError):
        world.add()
    world.after(GRACE)
    assert not world.has(upload)


@pytest.mark.parametrize("how", ["removed", "expired"])
def test_nobody_waits_for_the_job_of_an_upload(how: str, world: World) -> None:
    upload, go = world.add(), threading.Event()
    upload.job = Job()
    upload.job.start(lambda: go.wait(30))
    if how == "removed":
        world.store.remove(upload.id)
    else:
        world.after(TIME_TO_LIVE)
    # Here already although the job goes on; nobody finds the upload any more.
    assert world.store.get(upload.id, StoredFile) is None
    assert upload.job.status == RUNNING
    assert upload.folder.exists()
    go.set()
    assert not world.has(upload)
    with pytest.raises(Stopped):
        upload.job.check()


def test_removing_twice_does_nothing(world: World) -> None:
    upload = world.add()
    world.store.remove(upload.id)
    world.store.remove(upload.id)
    assert not world.has(upload)


class Full(io.BytesIO):
    """A file of which the second read finds no room left."""

    def read(self, size: int | None = -1) -> bytes:
        """The beginning, once."""
        if self.tell():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().read(5)


def test_a_file_that_cannot_be_kept_leaves_nothing(world: World, temporary: Path) -> None:
    with pytest.raises(OSError) as caught:
        world.store.add(StoredFile, "a.csv", Full(b"title\nKnots\n"))
    assert caught.value.errno == errno.ENOSPC
    assert not list(temporary.iterdir())


def test_a_started_store_sweeps_by_itself(world: World, temporary: Path) -> None:
    left = temporary / f"{locks.PREFIX}1"
    left.mkdir()
    os.utime(left, (1, 1))
    upload = world.add()
    world.now += TIME_TO_LIVE
    world.store.start()
    world.store.start()
    waited = threading.Event()
    for _ in range(600):
        if not left.exists() and not upload.folder.exists():
            break
        waited.wait(0.05)
    assert not list(temporary.iterdir())
    assert sum(thread.name == "sweep" for thread in threading.enumerate()) >= 1
