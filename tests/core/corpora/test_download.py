"""Downloads from a real server that breaks off, refuses and lies; nothing leaves the machine."""

import hashlib
import io
import json
import os
import resource
import shutil
import socket
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from core.corpora import archives, download
from core.corpora.archives import (
    DamagedArchive,
    DiskError,
    DownloadError,
    UnexpectedContent,
    UnsafeArchive,
)
from core.corpora.download import Unreachable, WrongChecksum
from core.embeddings import hub_module, module_download, module_export, module_table

CONTENT = np.random.default_rng(1).bytes(3 * download.CHUNK + 1_234)
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Site:
    """What the server has and how it behaves; `asked` holds the Range header of each request."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str | None] = field(default_factory=list)
    ranges: bool = True
    length: bool = True
    breaks: list[int] = field(default_factory=list)

    def url(self, name: str = "file") -> str:
        """The address of a file."""
        return f"{self.address}/{name}"


class Answers(BaseHTTPRequestHandler):
    """Serves a site's files, in pieces where a Range is asked for."""

    site: Site

    def do_GET(self) -> None:
        """Answer one request."""
        site, wanted = self.site, self.headers.get("Range")
        site.asked.append(wanted)
        content = site.files.get(self.path.lstrip("/").partition("?")[0])
        if content is None:
            self.send_error(404)
            return
        start = int(wanted[6:-1]) if wanted and site.ranges else 0
        if start and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if site.length:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = site.breaks.pop(0) if site.breaks else len(content)
        self.wfile.write(content[start:end])

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    """A server with one file."""
    site = Site(files={"file": CONTENT})
    handler = type("Handler", (Answers,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> str:
    """An address at which nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/file"


def quiet(share: float, said: str) -> None:
    """Take progress and do nothing."""


def part(path: Path) -> Path:
    """Where an unfinished download is kept."""
    return path.with_name(path.name + ".part")


# Files.


def test_a_complete_file(site: Site, tmp_path: Path) -> None:
    reported = []
    to = tmp_path / "new" / "folder" / "file"
    download.fetch(site.url(), to, sha256=CHECKSUM, progress=lambda *said: reported.append(said))
    assert to.read_bytes() == CONTENT
    assert [path.name for path in to.parent.iterdir()] == ["file"]
    shares = [share for share, _ in reported]
    assert shares == sorted(shares)
    assert reported[0][1] == "0.3 of 0.8 MB"
    assert reported[-1] == (1.0, "0.8 of 0.8 MB")


def test_it_goes_on_where_it_broke_off(site: Site, tmp_path: Path) -> None:
    site.breaks = [300_000, 500_000]
    to = tmp_path / "file"
    asked: list[str | None] = [None]
    for size in (300_000, 500_000):
        with pytest.raises(Unreachable) as caught:
            download.fetch(site.url(), to, progress=quiet)
        kept = part(to).read_bytes()
        # What arrived of the last chunk may be lost.
        assert size - download.CHUNK < len(kept) <= size
        assert caught.value.fields["size"] == len(kept) / 1e6
        assert CONTENT.startswith(kept)
        assert not to.exists()
        asked.append(f"bytes={len(kept)}-")
    shares = []
    download.fetch(
        site.url(), to, sha256=CHECKSUM, progress=lambda share, said: shares.append(share)
    )
    assert to.read_bytes() == CONTENT
    assert not part(to).exists()
    assert site.asked == asked
    assert min(shares) > len(kept) / len(CONTENT)


@pytest.mark.parametrize(
    ("kept", "ranges", "asked"),
    [
        (b"x" * 1_000, False, ["bytes=1000-"]),
        (CONTENT, True, [f"bytes={len(CONTENT)}-", None]),
        (CONTENT + b"more", True, [f"bytes={len(CONTENT) + 4}-", None]),
    ],
    ids=["no ranges", "complete", "too long"],
)
def test_a_part_that_was_kept(
    kept: bytes, ranges: bool, asked: list[str | None], site: Site, tmp_path: Path
) -> None:
    site.ranges = ranges
    part(tmp_path / "file").write_bytes(kept)
    download.fetch(site.url(), tmp_path / "file", sha256=CHECKSUM, progress=quiet)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert site.asked == asked


@pytest.mark.parametrize("content", [CONTENT, b""], ids=["full", "empty"])
def test_an_unknown_length(content: bytes, site: Site, tmp_path: Path) -> None:
    site.length = False
    site.files["other"] = content
    shares = []
    download.fetch(
        site.url("other"), tmp_path / "file", progress=lambda share, said: shares.append(share)
    )
    assert (tmp_path / "file").read_bytes() == content
    assert not any(shares)


def test_a_wrong_checksum(site: Site, tmp_path: Path) -> None:
    with pytest.raises(WrongChecksum) as caught:
        download.fetch(site.url(), tmp_path / "file", sha256="0" * 64, progress=quiet)
    assert (caught.value.fields["actual"], caught.value.fields["expected"]) == (CHECKSUM, "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_no_such_file(site: Site, tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as caught:
        download.fetch(site.url("none"), tmp_path / "file", progress=quiet)
    assert caught.value.fields["code"] == 404
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [None, 0.2])
def test_no_server(size: float | None, nobody: str, tmp_path: Path) -> None:
    if size:
        part(tmp_path / "file").write_bytes(bytes(int(size * 1e6)))
    with pytest.raises(Unreachable) as caught:
        download.fetch(nobody, tmp_path / "file", progress=quiet)
    assert caught.value.fields.get("size") == size


def test_a_silent_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/file"
        with pytest.raises(Unreachable):
            download.fetch(url, tmp_path / "file", progress=quiet)


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc/hostname", "ftp://127.0.0.1/x", "/etc", ""),
        *("http://", "http:///x", "http://127.0.0.1:99999/x", "http://a b/"),
    ],
)
def test_bad_addresses(url: str, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        download.fetch(url, tmp_path / "file", progress=quiet)


def test_a_place_that_cannot_be_written(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DiskError):
        download.fetch(site.url(), tmp_path / "file" / "below", progress=quiet)


# Archives.


def tar(files: dict[str, bytes], mode: str = "w:gz", *more: tarfile.TarInfo) -> bytes:
    """A tar archive of files, and of members that hold nothing."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in more:
            archive.addfile(member)
    return out.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip archive of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def contents(folder: Path) -> dict[str, str]:
    """The files of a folder and what they hold."""
    return {path.name: path.read_text() for path in folder.iterdir()}


FILES = {"./a.txt": b"one", "sub/b.txt": b"two"}


@pytest.mark.parametrize("content", [tar(FILES), tar(FILES, "w"), zipped(FILES)])
def test_unpack(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "archive").write_bytes(content)
    to = tmp_path / "new" / "folder"
    archives.unpack(tmp_path / "archive", to)
    assert (to / "a.txt").read_bytes() == b"one"
    assert (to / "sub" / "b.txt").read_bytes() == b"two"


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    """A link in a tar archive."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, to
    return member


BAD = {
    UnsafeArchive: (
        tar({"a": b"1", "../out": b"2"}),
        tar({"a": b"1", "b/../../out": b"2"}),
        tar({}, "w:gz", link("l", "..")),
        tar({}, "w:gz", link("l", "/etc/hostname")),
        tar({}, "w:gz", link("l", "../../out", tarfile.LNKTYPE)),
        tar({}, "w:gz", link("l", "", tarfile.CHRTYPE)),
        # They hold more than they may.
        *(make({f"zeros{i}": bytes(300_000) for i in range(4)}) for make in (tar, zipped)),
    ),
    DamagedArchive: (
        b"",
        b"<html>moved</html>",
        tar({"a": CONTENT})[:-50_000],
        tar({"a": CONTENT}, "w")[:-50_000],
        zipped({"a": CONTENT})[:-50_000],
        zipped({"a": CONTENT}).replace(CONTENT[:100], CONTENT[100:200]),
    ),
}


@pytest.mark.parametrize(
    ("content", "error"), [(content, error) for error in BAD for content in BAD[error]]
)
def test_bad_archives(tmp_path: Path, content: bytes, error: type[DownloadError]) -> None:
    (tmp_path / "archive").write_bytes(content)
    with pytest.raises(error) as caught:
        archives.unpack(tmp_path / "archive", tmp_path / "to", 1_000_000)
    assert caught.value.fields["archive"] == tmp_path / "archive"
    assert {path.name for path in tmp_path.iterdir()} <= {"archive", "to"}


@pytest.mark.parametrize("name", ["../out", "/out", "b/../../out"])
def test_a_zip_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "archive").write_bytes(zipped({name: b"1"}))
    archives.unpack(tmp_path / "archive", tmp_path / "to")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "to"]
    assert [path.name for path in (tmp_path / "to").rglob("out")] == ["out"]


# Google's module.


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An invented module of 128 dimensions, as TensorFlow Hub would serve it."""
    return packed(tmp_path_factory.mktemp("published") / "m", 128)


def packed(folder: Path, dimension: int) -> bytes:
    """A compressed module without `table.json`."""
    vectors = np.random.default_rng(2).standard_normal((2, dimension)).astype(np.float32)
    module_export.export(("dog", "cat"), vectors, folder)
    (folder / module_table.TABLE).unlink()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.add(folder, ".")
    return out.getvalue()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of downloaded modules, empty."""
    monkeypatch.setenv("PAPERLENS_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("TFHUB_CACHE_DIR", raising=False)
    return tmp_path / "data" / "tfhub"


def test_the_module_is_put_where_tensorflow_hub_finds_it(
    site: Site, cache: Path, published: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow_hub as hub

    site.files["m"] = published
    folder = module_download.cord19_swivel(None, quiet, site.url("m?tf-hub-format=compressed"))
    assert folder.parent == cache
    names = sorted(path.name for path in cache.iterdir())
    assert names == [folder.name, f"{folder.name}.descriptor.txt"]
    note = (cache / names[1]).read_text()
    assert note.startswith(f"Module: {hub_module.OFFICIAL}\nDownload Time: ")
    record = json.loads((folder / module_download.RECORD).read_text())
    assert record["sha256"] == hashlib.sha256(published).hexdigest()
    result = hub_module.load(hub_module.OFFICIAL)
    assert result.table is not None
    assert (result.dimension, result.vocabulary) == (128, 2)
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(cache))
    assert Path(hub.resolve(hub_module.OFFICIAL)) == folder
    vectors = hub.load(hub_module.OFFICIAL)(["dog. lizard"]).numpy()
    np.testing.assert_allclose(result.embed(["dog. lizard"]), vectors, rtol=1e-6)


def test_a_complete_module_is_left_alone(site: Site, cache: Path, published: bytes) -> None:
    site.files["m"] = published
    folder = module_download.cord19_swivel(cache, quiet, site.url("m"))
    (folder / module_table.TABLE).unlink()
    told = []
    again = module_download.cord19_swivel(cache, lambda *said: told.append(said), site.url("m"))
    assert again == folder
    assert told == [(1.0, f"already downloaded: {folder}")]
    assert len(site.asked) == 1
    assert (folder / module_table.TABLE).exists()


def test_a_broken_module_is_replaced(site: Site, cache: Path, published: bytes) -> None:
    site.files["m"] = published
    folder = module_download.cord19_swivel(cache, quiet, site.url("m"))
    shutil.rmtree(folder / "variables")
    (folder / "stale").write_text("goes")
    assert module_download.cord19_swivel(cache, quiet, site.url("m")) == folder
    assert hub_module.load(folder).dimension == 128
    assert not (folder / "stale").exists()


@pytest.mark.parametrize("name", ["small", "half", "page"])
def test_what_is_not_the_module_is_not_kept(
    name: str, site: Site, cache: Path, tmp_path: Path
) -> None:
    site.files |= {
        "small": packed(tmp_path / "small", 8),
        "half": tar({"saved_model.pb": b"x"}),
        "page": b"<html>This model has moved.</html>",
    }
    with pytest.raises(DamagedArchive if name == "page" else UnexpectedContent):
        module_download.cord19_swivel(None, quiet, site.url(name))
    assert list(cache.iterdir()) == []


def test_another_handle_is_downloaded_when_it_is_loaded(
    site: Site, cache: Path, published: bytes
) -> None:
    site.files["user/module/1"] = published
    handle = site.url("user/module/1")
    result = hub_module.load(handle)
    assert (result.dimension, result.source, result.label) == (128, handle, handle)
    assert hub_module.cached(handle).is_dir()
    assert hub_module.load(handle).embed(["dog"]).shape == (1, 128)
    assert len(site.asked) == 1
    assert [path.name for path in cache.iterdir()] == [hub_module.cached(handle).name]


# Corpora.

SPLITS = {f"scicite/{name}.jsonl": name.encode() for name in ("train", "dev", "test")}
SNAPSHOT = "arxiv-metadata-oai-snapshot.json"


def test_scicite_is_put_where_its_loader_looks(site: Site, tmp_path: Path) -> None:
    site.files["s"] = tar(SPLITS | {"scicite/._train.jsonl": b"x", "scicite/more/x": b"y"})
    checksum = hashlib.sha256(site.files["s"]).hexdigest()
    folder = tmp_path / "new" / "scicite"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("stays")
    (folder / "dev.jsonl").write_text("old")
    wanted = {f"{name}.jsonl": name for name in ("train", "dev", "test")} | {"notes.txt": "stays"}
    for missing in ("dev.jsonl", "test.jsonl"):
        (folder / missing).unlink()
        assert download.scicite(folder.parent, quiet, site.url("s"), checksum) == folder
        assert contents(folder) == wanted
        assert [path.name for path in folder.parent.iterdir()] == ["scicite"]
    reported = []
    download.scicite(folder.parent, lambda *said: reported.append(said), site.url("s"))
    assert reported == [(1.0, f"already downloaded: {folder}")]
    assert len(site.asked) == 2


def test_packed_files_of_scicite_are_there_too(site: Site, tmp_path: Path) -> None:
    (tmp_path / "scicite").mkdir()
    for split in ("train", "dev", "test"):
        (tmp_path / "scicite" / f"{split}.jsonl.gz").write_bytes(b"x")
    assert download.scicite(tmp_path, quiet, site.url("s")) == tmp_path / "scicite"
    assert site.asked == []


@pytest.mark.parametrize("kept", [False, True], ids=["fetched", "kept"])
def test_another_archive_than_scicites_is_refused(kept: bool, site: Site, tmp_path: Path) -> None:
    site.files["s"] = tar(SPLITS)
    if kept:
        (tmp_path / "scicite.tar.gz").write_bytes(b"another")
    with pytest.raises(WrongChecksum) as caught:
        download.scicite(tmp_path, quiet, site.url("s"))
    assert caught.value.fields["expected"] == download.SCICITE_SHA256
    assert list(tmp_path.iterdir()) == []


def test_arxivs_snapshot_is_unpacked(site: Site, tmp_path: Path) -> None:
    site.files["a"] = zipped({SNAPSHOT: b'{"id": "1"}\n'})
    folder = tmp_path / "arxiv"
    folder.mkdir()
    (folder / "mine.jsonl").write_text("stays")
    for _ in range(2):
        assert download.arxiv(tmp_path, quiet, site.url("a")) == folder
        assert contents(folder) == {SNAPSHOT: '{"id": "1"}\n', "mine.jsonl": "stays"}
        assert [path.name for path in tmp_path.iterdir()] == ["arxiv"]
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (tar({"train.jsonl": b"1", "other/train.jsonl": b"2"}), UnexpectedContent),
        (tar({"scicite": b"a file"}), UnexpectedContent),
        (zipped({"readme.txt": b"another data set"}), UnexpectedContent),
        (b"<html>Sign in</html>", DamagedArchive),
        (tar(SPLITS | {"../out": b"x"}), UnsafeArchive),
    ],
)
@pytest.mark.parametrize("name", ["scicite", "arxiv"])
def test_an_archive_without_the_corpus_leaves_nothing_new(
    name: str, content: bytes, error: type[DownloadError], site: Site, tmp_path: Path
) -> None:
    site.files["c"] = content
    (tmp_path / name).mkdir()
    (tmp_path / name / "dev.jsonl").write_text("old")
    options = {"sha256": None} if name == "scicite" else {}
    with pytest.raises(error):
        getattr(download, name)(tmp_path, quiet, site.url("c"), **options)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert contents(tmp_path / name) == {"dev.jsonl": "old"}


@contextmanager
def full_disk(largest: int) -> Iterator[None]:
    """No file may grow beyond so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_does_not_cost_the_download(site: Site, tmp_path: Path) -> None:
    zeros = bytes(200_000)
    site.files |= {"a": zipped({"arxiv-metadata.json": zeros}), "s": tar(SPLITS | {"x": zeros})}
    checksum = hashlib.sha256(site.files["s"]).hexdigest()
    with full_disk(100_000):
        with pytest.raises(DiskError):
            download.arxiv(tmp_path, quiet, site.url("a"))
        with pytest.raises(DiskError):
            download.scicite(tmp_path, quiet, site.url("s"), checksum)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arxiv.zip", "scicite.tar.gz"]
    folder = download.arxiv(tmp_path, quiet, site.url("a"))
    assert (folder / "arxiv-metadata.json").read_bytes() == zeros
    download.scicite(tmp_path, quiet, site.url("s"), checksum)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arxiv", "scicite"]
    # Neither was asked for again.
    assert site.asked == [None, None]


def test_a_stop_while_unpacking_does_not_cost_the_download(
    site: Site, cache: Path, published: bytes
) -> None:
    site.files["m"] = published

    def stop(share: float, words: str) -> None:
        if words.startswith("unpacking"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        module_download.cord19_swivel(None, stop, site.url("m"))
    folder = module_download.cord19_swivel(None, quiet, site.url("m"))
    assert hub_module.load(folder).dimension == 128
    assert len(site.asked) == 1
    assert [path.name for path in cache.glob("*.tar.gz")] == []


# Kaggle's own client.


def test_kaggles_client_without_a_network_says_so_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kagglehub")
    monkeypatch.setenv(download.KAGGLE_CACHE, "")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Unreachable) as caught:
        download.arxiv(tmp_path, quiet)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 450
    assert not (tmp_path / "arxiv").exists()


class Kaggle:
    """What stands in for Kaggle's client: it puts files where the client would."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names, self.asked = names, []

    def dataset_download(self, handle: str) -> str:
        """Put the files into the client's cache; their folder."""
        self.asked.append(handle)
        folder = Path(os.environ[download.KAGGLE_CACHE]) / "datasets" / handle / "1"
        folder.mkdir(parents=True)
        for name in self.names:
            (folder / name).write_text("{}\n")
        return str(folder)


def test_what_kaggles_client_brings_is_put_where_the_loader_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kagglehub = pytest.importorskip("kagglehub")
    monkeypatch.setenv(download.KAGGLE_CACHE, "")
    kaggle = Kaggle((SNAPSHOT, "readme.txt"))
    monkeypatch.setattr(kagglehub, "dataset_download", kaggle.dataset_download)
    for _ in range(2):
        assert download.arxiv(tmp_path, quiet) == tmp_path / "arxiv"
    assert kaggle.asked == [download.ARXIV_HANDLE]
    assert [path.name for path in (tmp_path / "arxiv").iterdir()] == [SNAPSHOT]
    assert [path.name for path in tmp_path.iterdir()] == ["arxiv"]
    monkeypatch.setattr(kagglehub, "dataset_download", Kaggle(("x",)).dataset_download)
    with pytest.raises(UnexpectedContent):
        download.arxiv(tmp_path / "other", quiet)


def test_without_kaggles_client_the_address_is_asked(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "find_spec", lambda name: None)
    site.files["a"] = zipped({SNAPSHOT: b'{"id": "1"}\n'})
    monkeypatch.setattr(download, "ARXIV", site.url("a"))
    folder = download.arxiv(tmp_path, quiet)
    assert [path.name for path in folder.iterdir()] == [SNAPSHOT]
