"""Count again how often words stand near each other in the text of the shipped embedding.

`python -m benchmarks.pairs` reads the corpus `cord19` of PAPERLENS_DATA and writes the counts and
their checksum into `models/embedding/swivel`. Training the embedding does so too.
"""

import json
from pathlib import Path

from core import cards, settings
from core.corpora import cord19
from core.embeddings.module_table import read_tokens
from core.embeddings.pair_counts import PAIRS, write_pairs
from core.embeddings.swivel import pairs_of_files
from core.files import checksum


def write(source: Path, folder: Path) -> None:
    """Write the counts of a corpus into a module's folder, and their checksum on its card."""
    card = json.loads((folder / cards.CARD).read_text(encoding="utf-8"))
    window = card["parameters"]["window"]
    counts = pairs_of_files(
        cord19.files(source),
        read_tokens(folder),
        window,
        lambda share, text: print(f"{share:.0%} {text}", flush=True),
    )
    write_pairs(counts, folder)
    files = card["files"] | {PAIRS: checksum.sha256(folder / PAIRS)}
    card["files"] = dict(sorted(files.items()))
    (folder / cards.CARD).write_text(cards.card_text(card), encoding="utf-8")


if __name__ == "__main__":
    write(settings.data_folder(), settings.models_folder() / cards.EMBEDDING / "swivel")
