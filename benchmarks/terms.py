"""Term similarity: the notebook's code against ours, and a rerun of the page."""

import statistics
import subprocess
import sys
import time

import numpy as np
from streamlit.testing.v1 import AppTest

from benchmarks.clock import milliseconds
from core import settings
from core.embeddings import clustering, hub_module, module_table, similarity
from core.plots import heatmap

COUNTS = (9, 50, 200)


def rows() -> list[tuple[str, str, str]]:
    """Rows of the table: task, the notebook's figure, and ours."""
    import seaborn as sns
    import tensorflow as tf
    import tensorflow_hub as hub
    from matplotlib.figure import Figure

    folder = settings.models_folder() / "embedding" / "swivel"
    loaded = hub_module.load(folder, hub_module.SHIPPED)
    table = loaded.table
    _ = table.unit, table.knows("")
    saved = hub.load(str(folder))
    found = [
        row(
            "load the module (TensorFlow already imported)",
            milliseconds(lambda: hub.load(str(folder)), 3),
            milliseconds(lambda: hub_module.load(folder, hub_module.SHIPPED), 3),
        )
    ]
    for count in COUNTS:
        names = table.tokens[1000 : 1000 + count]

        def notebook(names: tuple[str, ...] = names) -> None:
            vectors = saved(tf.constant(names))
            values = np.inner(vectors, vectors)
            values /= np.max(values)
            sns.heatmap(values, xticklabels=names, yticklabels=names, ax=Figure().subplots())

        def ours(names: tuple[str, ...] = names) -> None:
            values = similarity.similarity(table.embed(names), "inner")
            leaves = clustering.cluster(values)
            heatmap.heatmap(
                heatmap.Heatmap(
                    "",
                    "",
                    names,
                    values,
                    similarity.ranks(values),
                    (True,) * len(names),
                    (),
                    leaves.linkage,
                )
            ).to_json()  # fmt: skip

        found.append(
            row(
                f"heatmap of {count} terms (ours clustered)",
                milliseconds(notebook, 5),
                milliseconds(ours, 5),
            )
        )
    found.append(
        row(
            f"20 nearest of {len(table.tokens):,} words",
            None,
            milliseconds(lambda: similarity.neighbours(table, "fever", 20), 50),
        )
    )
    # In a separate process, like the server: here TensorFlow and the corpus slow it down.
    program = "from benchmarks import terms; print(terms.rerun())"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    spent = float(done.stdout.splitlines()[-1])
    return [*found, row("rerun of the page, one term added to 50", None, spent)]


def rerun() -> float:
    """Median milliseconds of a rerun after adding a term, in Streamlit's test harness."""
    tokens = module_table.read_table(settings.models_folder() / "embedding" / "swivel").tokens
    app = AppTest.from_file(str(settings.ROOT / "app.py"), default_timeout=60)
    app.run()
    app.switch_page("pages/terms/page.py")
    app.query_params["terms"] = ["Words: " + ", ".join(tokens[1000:1050])]
    app.run()
    spans = []
    for term in tokens[1100:1107]:
        chips = app.multiselect(key="chips")
        chips.set_value([*chips.value, term])
        started = time.perf_counter()
        app.run()
        spans.append(time.perf_counter() - started)
        assert not app.exception
    return 1000 * statistics.median(spans)


def row(name: str, theirs: float | None, ours: float) -> tuple[str, str, str]:
    """A row of the table."""
    return (name, "" if theirs is None else f"{theirs:.1f} ms", f"{ours:.1f} ms")
