"""Downloads Google's CORD-19 module from TensorFlow Hub."""

import datetime
import json
import tempfile
from pathlib import Path

from core.corpora.archives import UnexpectedContent, discard_archive, put_in_place, unpack
from core.corpora.download import RECORD, fetch_archive
from core.embeddings import hub_module, module_table
from core.files.checksum import sha256
from core.messages import Progress

CORD19_SWIVEL = f"{hub_module.OFFICIAL}?tf-hub-format=compressed"
CORD19_DIMENSION = 128


def cord19_swivel(to: Path | None, progress: Progress, url: str = CORD19_SWIVEL) -> Path:
    """Download Google's CORD-19 Swivel module to where TensorFlow Hub looks for it; its folder.

    to: the folder of downloaded modules (TFHUB_CACHE_DIR), by default that of Paperlens. A complete
    module is kept, an invalid one is replaced. Raises DownloadError if it cannot be downloaded, or
    is not that module.
    """
    folder = hub_module.cached(hub_module.OFFICIAL, to)
    if folder.exists() and not _problem(folder):
        if not (folder / module_table.TABLE).exists():
            hub_module.index_table(folder)
        progress(1.0, f"already downloaded: {folder}")
        return folder
    archive = folder.with_name(f"{folder.name}.tar.gz")
    fetch_archive(url, archive, progress=progress)
    checksum = sha256(archive)
    progress(1.0, "unpacking and checking")
    with discard_archive(archive):
        _install(archive, folder, {"handle": hub_module.OFFICIAL, "url": url, "sha256": checksum})
    return folder


def _install(archive: Path, folder: Path, record: dict[str, str]) -> None:
    """Unpack an archive's module, check it, and move it to its folder."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as scratch:
        new = Path(scratch) / folder.name
        unpack(archive, new)
        problem = _problem(new)
        if problem:
            raise UnexpectedContent(
                "{url} did not give the CORD-19 Swivel module: {reason} Give the module as a "
                "folder with PAPERLENS_CORD19_MODULE if you have it from elsewhere.",
                url=record["url"],
                reason=problem,
            )
        hub_module.index_table(new)
        (new / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        _describe(folder)
        put_in_place(new, folder)


def _problem(folder: Path) -> str:
    """Why a folder is not Google's module; empty if it is."""
    try:
        dimension = hub_module.load(folder).dimension
    except module_table.ModuleError as error:
        return str(error)
    if dimension != CORD19_DIMENSION:
        return f"it has {dimension} dimensions, not {CORD19_DIMENSION}."
    return ""


def _describe(folder: Path) -> None:
    """Write the descriptor that TensorFlow Hub writes beside each module it downloads."""
    now = datetime.datetime.now().isoformat(" ")
    text = f"Module: {hub_module.OFFICIAL}\nDownload Time: {now}\nDownloader: Paperlens"
    folder.with_name(f"{folder.name}.descriptor.txt").write_text(text, encoding="utf-8")
