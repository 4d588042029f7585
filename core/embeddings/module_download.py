"""Downloads Google's CORD-19 module from TensorFlow Hub."""

import datetime
import json
import shutil
from pathlib import Path

from core.corpora.archives import UnexpectedContent
from core.corpora.download import unpacked
from core.embeddings import hub_module, module_table
from core.files.checksum import sha256
from core.messages import Progress

CORD19_DIMENSION = 128
RECORD = "download.json"
"""The file in the module's folder that tells where it came from."""


def cord19_swivel(
    to: Path | None, progress: Progress, url: str = hub_module.archive_url(hub_module.OFFICIAL)
) -> Path:
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
    with unpacked(url, archive, progress=progress) as new:
        if problem := _problem(new):
            raise UnexpectedContent(
                "{url} did not give the CORD-19 Swivel module: {reason} Give the module as a "
                "folder with PAPERLENS_CORD19_MODULE if you have it from elsewhere.",
                url=url,
                reason=problem,
            )
        hub_module.index_table(new)
        record = {"handle": hub_module.OFFICIAL, "url": url, "sha256": sha256(archive)}
        (new / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        _describe(folder)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    return folder


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
