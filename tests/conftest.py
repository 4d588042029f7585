"""What several tests share: invented papers, and two small real models learnt from them."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import scipy.sparse as sp
import streamlit as st
from filelock import FileLock
from streamlit.components.v2 import manifest_scanner

from core import cards, i18n, settings, taxonomy
from core.classifiers import blend, registry, store
from core.classifiers.blend import Blend
from core.classifiers.linear import Linear, fit_labels, fit_logistic
from core.classifiers.parts import MODELS, PARTS, Parts, Stack, load_parts
from core.classifiers.wide_mlp import WideMlp
from core.corpora import arxiv_api, labels
from core.embeddings import swivel
from core.embeddings.vectors import WordVectors
from core.evaluation import metrics, prediction_sets
from core.text.documents import paper_text
from core.text.tfidf import TfidfVectorizer, learn
from core.training import swivel_recipe
from core.training.recipe import Recipe, TrainingResult
from core.training.wide_mlp import Perceptron
from tests.arxiv_server import ArxivSite, arxiv_serving

PAPERS = (
    ("math.AT math.GT", "Knots in loops", "We tie a knot in a loop and count its crossings."),
    ("math.GT", "Crossings of knots", "Every knot of few crossings lies on a torus."),
    ("math.AT", "Homology of a torus", "The homology of a torus knows how many loops it has."),
    ("math.AT math.GT", "Loops and homology", "We show that loops without a knot bound a disc."),
    ("math.GT", "Torus knots once more", "A torus knot has more crossings than a loop."),
    ("cs.CL cs.LG", "Words in sentences", "We train a network to guess the words of a sentence."),
    ("cs.CL", "Sentences without verbs", "A parser reads sentences whose words are few."),
    ("cs.LG", "A network that forgets", "We train a network on data that it must forget."),
    ("cs.CL cs.LG", "Translating words", "A network translates words by reading sentences."),
    ("cs.LG", "Training on little data", "With little data we train a deep network longer."),
    ("hep-th", "Strings on branes", "Open strings end on branes in ten dimensions."),
    ("hep-th", "Branes in ten dimensions", "We wrap branes and find the tension of strings."),
    ("hep-th math-ph", "Tension of strings", "The tension of closed strings is bounded below."),
    ("hep-th", "Gauge fields on branes", "A gauge field lives on branes where strings end."),
    ("hep-th", "A gauge symmetry", "In ten dimensions a gauge symmetry of strings is broken."),
    ("q-bio.PE", "Epidemics in towns", "An epidemic spreads through towns of infected hosts."),
    ("q-bio.PE", "Infected hosts", "We count infected hosts and how the epidemic slows."),
    ("q-bio.PE stat.AP", "Counting an epidemic", "Counts of infected people bias the epidemic."),
    ("q-bio.PE", "Hosts and parasites", "Parasites and hosts evolve as the population grows."),
    ("q-bio.PE", "A population of hosts", "The population of infected hosts falls in summer."),
    ("astro-ph.GA", "Dust in galaxies", "We observe dust in spiral galaxies and their stars."),
    ("astro-ph.GA", "Spiral galaxies", "Spiral galaxies form stars along their dusty arms."),
    ("astro-ph.GA", "Stars that wander", "Some stars leave the galaxies where they formed."),
    ("astro-ph.GA", "Halos of galaxies", "We observe halos of dark matter around galaxies."),
    ("astro-ph.GA", "Dark halos", "Dark matter halos of galaxies hold few stars and dust."),
    ("solv-int nlin.SI", "Solitons in channels", "Solitons pass through a channel unchanged."),
    ("solv-int nlin.SI", "An integrable lattice", "The integrable lattice has many solitons."),
    ("nlin.SI", "Solitons collide", "Two solitons of an integrable equation collide twice."),
    ("solv-int nlin.SI", "Integrable waves", "Waves of an integrable equation are solitons."),
    ("nlin.SI", "A lattice of waves", "Waves on a lattice decay into integrable solitons."),
)
"""Categories, title and abstract of thirty papers that nobody wrote."""

CATEGORIES = [categories for categories, _, _ in PAPERS]
TEXTS = [paper_text(title, abstract) for _, title, abstract in PAPERS]


def small_vectorizer() -> TfidfVectorizer:
    """A vocabulary of the invented papers, with words, title words and pairs."""
    return learn(TEXTS, min_words=2, min_titles=2, min_pairs=2)


def small_model(task: str) -> Linear:
    """The default model's form on the invented papers: logistic regression a label."""
    if task == "archive":
        truth, names = labels.encode_archives(CATEGORIES, taxonomy.COURSE_ARCHIVES)
    else:
        truth, names = labels.encode_subjects(CATEGORIES, min_papers=2)
    vectorizer = small_vectorizer()
    columns, bias = fit_labels(
        partial(fit_logistic, cost=20.0),
        vectorizer.transform(TEXTS).astype(np.float64),
        truth,
        np.ones(len(TEXTS)),
        lambda share, text, **values: None,
    )
    thresholds = np.full(len(names), 0.3)
    return Linear("linear", task, names, vectorizer, sp.csr_matrix(columns), bias, thresholds)


def small_softmax() -> Linear:
    """The primary category of the invented papers: a softmax over those that occur."""
    from sklearn.linear_model import LogisticRegression

    primaries = [taxonomy.primary_of(categories) for categories in CATEGORIES]
    vectorizer = small_vectorizer()
    fitted = LogisticRegression(C=20.0).fit(vectorizer.transform(TEXTS), primaries)
    names, columns = tuple(map(str, fitted.classes_)), sp.csr_matrix(fitted.coef_.T)
    return Linear(
        "softmax", "primary", names, vectorizer, columns, fitted.intercept_, np.ones(len(names))
    )


def small_network(labels: tuple[str, ...], others: tuple[str, ...]) -> WideMlp:
    """A network over the small vocabulary, as it is before it learns."""
    random, vectorizer = np.random.default_rng(0), small_vectorizer()
    shapes = ((vectorizer.size, 6), (6,), (6, len(labels + others)), (len(labels + others),))
    numbers = (random.normal(0, 0.5, shape).astype(np.float32) for shape in shapes)
    return WideMlp("wide-mlp", labels, others, vectorizer, Perceptron(*numbers))


def small_stack(parts: Parts) -> Stack:
    """A stack that trusts each linear part for its own task, and takes every text for a paper."""
    truth = labels.truth(CATEGORIES, "primary", parts.labels["primary"])
    scores = parts.models["primary"].predict_scores(TEXTS)
    untrained = Stack.untrained(parts)
    return replace(
        untrained,
        subject_thresholds=np.full_like(untrained.subject_thresholds, 0.3),
        archive_thresholds=np.full_like(untrained.archive_thresholds, 0.3),
        quantiles=prediction_sets.calibrate(scores, truth, blend.group_of_primary(parts)),
        typical_from=np.array([-1.0, -0.5]),
    )


def small_trained(task: str) -> TrainingResult:
    """The small model as a recipe returns it, with figures on the papers it has seen."""
    return as_trained(small_softmax() if task == "primary" else small_model(task))


def as_trained(model: Linear | WideMlp | Blend, **data: object) -> TrainingResult:
    """A model as a recipe returns it; data: further facts for its card."""
    truth = labels.truth(CATEGORIES, model.task, model.labels)
    scores = model.predict_scores(TEXTS)
    if truth.ndim == 1:
        figures = metrics.evaluate_single(model.labels, truth, scores)
    else:
        figures = metrics.evaluate(model.labels, truth, scores, model.thresholds)
    facts = {"papers": len(TEXTS)} | data
    return TrainingResult(model, facts, {"cost": 20.0}, {"course": figures})


RECIPE = Recipe(
    "linear",
    "Linear (small)",
    "Thirty invented papers.",
    ("archive", "subject"),
    lambda data, task, progress: small_trained(task),
)
LONGEST_ID = 60
"""Characters of a parameter that may stand in a test's name."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A name for a parameter that is the same whenever and wherever tests are collected.

    Bytes may hold the time of day (packed archives do), so they, and text that is long or cannot be
    printed, go by their argument's name, which pytest numbers. None leaves a value to pytest.
    """
    if isinstance(val, bytes):
        return argname
    if isinstance(val, str) and (len(val) > LONGEST_ID or not val.isprintable()):
        return argname
    return None


CORE = Path(__file__).parent / "core"

SLOW = frozenset(
    (
        "test_arxiv test_batch test_cli test_dask_cluster test_fixed_vectors test_heatmap "
        "test_hub_module test_intent test_minilm test_networks test_recipes test_resuming "
        "test_runs test_seeds test_shipped_models test_suggest_files test_swivel test_swivel_dense"
    ).split()
)
"""Files of tests/core that train networks or start processes, which `make check` leaves out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make check` leaves out: SLOW, and what draws whole pages or drives a browser."""
    for item in items:
        if CORE not in item.path.parents or item.path.stem in SLOW:
            item.add_marker(pytest.mark.slow)


# The machine may be busy, and a run that is green is green again.
hypothesis.settings.register_profile("paperlens", deadline=None, derandomize=True)
hypothesis.settings.load_profile("paperlens")


@pytest.fixture(scope="session", autouse=True)
def as_it_comes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No configuration but the development data's place, and no model trained here before."""
    with pytest.MonkeyPatch.context() as patch:
        for name in settings.VARIABLES.keys() - {"PAPERLENS_DATA"}:
            patch.delenv(name, raising=False)
        patch.setenv("PAPERLENS_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture(scope="session", autouse=True)
def one_component_scan() -> Iterator[None]:
    """Streamlit looks through all installed packages for components once, not with each AppTest.

    That takes more than half a second, and most tests of pages hardly longer.
    """
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(autouse=True)
def english() -> None:
    """English at first, whatever the page of another test used."""
    i18n.set_language_source(lambda: "en")


@pytest.fixture
def in_chinese() -> Iterator[None]:
    """The test's language is Chinese."""
    with i18n.use_language("zh"):
        yield


@pytest.fixture
def growth() -> Callable[[Callable[[int], object], int, int], float]:
    """How many times as long some work takes for a large input as for a small one.

    In CPU seconds, the best of three: the machine may be busy.
    """

    def ratio(work: Callable[[int], object], small: int, large: int) -> float:
        def seconds(size: int) -> float:
            started = time.process_time()
            work(size)
            return time.process_time() - started

        # In turn: what else the machine does slows both.
        pairs = [(seconds(small), seconds(large)) for _ in range(3)]
        return min(large for _, large in pairs) / min(small for small, _ in pairs)

    return ratio


@pytest.fixture
def arxiv_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArxivSite]:
    """A server that answers as arXiv's API does, asked in its place and without pauses."""
    with arxiv_serving() as site:
        monkeypatch.setenv("PAPERLENS_ARXIV_API", site.address)
        monkeypatch.setattr(arxiv_api, "pace", arxiv_api.Pace(0))
        yield site


@pytest.fixture
def fresh() -> Iterator[None]:
    """Streamlit's caches empty before and after: a page keeps nothing of another test."""
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


def built_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]
) -> Path:
    """A folder that takes long to build: the first worker of a run builds it, all use it.

    Tests must not change it.
    """
    temporary = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        temporary = temporary.parent
    folder, unfinished = temporary / name, temporary / f"{name}.unfinished"
    with FileLock(temporary / f"{name}.lock"):
        if not folder.exists():
            unfinished.mkdir()
            build(unfinished)
            unfinished.rename(folder)
    return folder


@pytest.fixture(scope="session")
def built_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with both small models; tests must not change it."""
    folder = tmp_path_factory.mktemp("models")
    for task in RECIPE.tasks:
        store.save(small_trained(task), RECIPE, folder / task / RECIPE.name)
    return folder


@pytest.fixture
def tiny_models(built_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`built_models`, and PAPERLENS_MODELS pointing there."""
    monkeypatch.setenv("PAPERLENS_MODELS", str(built_models))
    return built_models


@pytest.fixture(scope="session")
def built_blend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with a small blend and its parts; tests must not change it."""
    folder, recipes = tmp_path_factory.mktemp("blend-models"), registry.recipes()
    linear = {task: small_trained(task) for task in PARTS}
    network = small_network(
        linear["primary"].model.labels,
        linear["subject"].model.labels + linear["archive"].model.labels,
    )
    for (task, name), made in zip(MODELS, (*linear.values(), as_trained(network)), strict=True):
        store.save(made, recipes[name], folder / task / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERLENS_MODELS", str(folder))
        parts, checksums = load_parts()
        for task in PARTS:
            made = as_trained(Blend(task, parts, small_stack(parts)), parts=checksums)
            store.save(made, recipes[Blend.NAME])
    return folder


@pytest.fixture
def tiny_blend(built_blend: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`built_blend`, and PAPERLENS_MODELS pointing there: all that answers for papers need."""
    monkeypatch.setenv("PAPERLENS_MODELS", str(built_blend))
    return built_blend


@pytest.fixture
def papers() -> list[dict[str, str]]:
    """The invented papers as the records of a file."""
    return [
        {"id": f"p{i}", "title": title, "abstract": abstract, "categories": categories}
        for i, (categories, title, abstract) in enumerate(PAPERS)
    ]


@pytest.fixture
def trained() -> Callable[[str], TrainingResult]:
    """`small_trained`, to save it where a test likes."""
    return small_trained


@pytest.fixture
def recipe() -> Recipe:
    """The recipe of the small models."""
    return RECIPE


@pytest.fixture
def vectorizer() -> TfidfVectorizer:
    """`small_vectorizer`, to build other models on."""
    return small_vectorizer()


@pytest.fixture
def model() -> Linear:
    """The small archive model, not yet saved."""
    return small_model("archive")


@pytest.fixture
def texts() -> list[str]:
    """The invented papers, each as one text."""
    return list(TEXTS)


@pytest.fixture
def categories() -> list[str]:
    """The categories of the invented papers."""
    return list(CATEGORIES)


TOPICS = (
    "coronavirus SARS MERS COVID19 SARSCoV2",
    "Italy Spain Europe France Italian French",
    "cough fever throat chest pain term",
)
"""Words of the small embedding: the notebook's and a few more, a line a topic."""


def small_table() -> WordVectors:
    """Word vectors that nobody learnt: those of a topic lie together, 230 others anywhere."""
    rng = np.random.default_rng(7)
    tokens, vectors = [], []
    for axis, line in enumerate(TOPICS):
        for word in line.split():
            tokens.append(word)
            vectors.append(rng.normal(0, 0.3, 8) + 2 * np.eye(8)[axis])
    tokens += [f"w{i}" for i in range(230)]
    vectors += list(rng.normal(0, 1, (230, 8)))
    return WordVectors(tuple(tokens), np.array(vectors, np.float32))


@pytest.fixture(scope="session")
def built_embedding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the small embedding alone; tests must not change it."""

    def build(folder: Path) -> None:
        figures = {"small-set": {"rho": 0.25, "pairs": 4, "total": 5}}
        made = TrainingResult(
            swivel.Swivel(small_table()), {"corpus": "nothing_at_all"}, {}, {"swivel": figures}
        )
        recipe = Recipe(
            "swivel", "Swivel (small)", "Invented.", (cards.EMBEDDING,), swivel_recipe.train
        )
        store.save(made, recipe, folder / cards.EMBEDDING / "swivel")

    return built_once(tmp_path_factory, "embedding-models", build)


@pytest.fixture
def embedding(built_embedding: Path, monkeypatch: pytest.MonkeyPatch) -> WordVectors:
    """The small embedding's table, and PAPERLENS_MODELS pointing to its folder."""
    monkeypatch.setenv("PAPERLENS_MODELS", str(built_embedding))
    monkeypatch.setenv("PAPERLENS_DATA", str(built_embedding / "data"))
    return small_table()


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 1,200 papers: the invented ones forty times over, each with a few other words."""
    rng = np.random.default_rng(0)
    fillers = [f"filler{i}" for i in range(60)]
    path = tmp_path_factory.mktemp("corpus") / "papers.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for i in range(40 * len(PAPERS)):
            categories, title, abstract = PAPERS[i % len(PAPERS)]
            record = {
                "id": f"{'2501' if i % 3 else '1501'}.{i:05}",
                "title": title,
                "abstract": f"{abstract} {' '.join(rng.choice(fillers, 4))} {i}",
                "categories": categories,
            }
            file.write(json.dumps(record) + "\n")
    return path


CITING = {
    "method": (
        "We measured {x} with the {tool} of {name} et al. ({year}).",
        "The {tool} was used to extract {x} as described previously ({name} et al., {year}).",
        "Samples of {x} were analysed using the {tool} [{n}].",
        "To compute {x} we used the {tool} developed by {name} and Orr ({year}).",
    ),
    "background": (
        "It is well known that {x} depends on the weather ({name}, {year}; Orr and Vane, 1999).",
        "Several studies have suggested that {x} is a cause of drought [{n}, 12].",
        "{name} et al. ({year}) argued that {x} may explain the decline of otters.",
        "Little is known about {x}, although it has been studied since {name} ({year}).",
    ),
    "result": (
        "Our results on {x} are consistent with those of {name} et al. ({year}).",
        "In contrast to {name} ({year}), we found that {x} did not increase.",
        "The rate of {x} that we observed was higher than that reported earlier [{n}].",
        "This finding agrees with a previous report on {x} ({name} et al., {year}).",
    ),
}
"""Templates of invented citations, by intent."""

CITED = ("river silt", "moss growth", "owl calls", "lake ice", "soil salt", "pine pollen", "fog")
CITED_BY = ("Tarn", "Velkov", "Ashby", "Mirelle", "Osei", "Quill", "Brandt")
TOOLS = ("sieve", "pollen counter", "sonar protocol", "regression algorithm", "dye assay")
SECTIONS = {
    "method": ("2.1. Materials and Methods", "Methods", "METHOD"),
    "background": ("1 Introduction", "Background", "Introduction"),
    "result": ("Discussion", "4. Results", "Results and discussion"),
}


def citing(count: int, first: int) -> list[dict[str, object]]:
    """Invented citations as the lines of SciCite's files have them, the intents in turn."""
    rng = np.random.default_rng(first)
    found: list[dict[str, object]] = []
    for i in range(first, first + count):
        label = tuple(CITING)[i % 3]
        sentence = str(rng.choice(CITING[label])).format(
            x=rng.choice(CITED),
            name=rng.choice(CITED_BY),
            tool=rng.choice(TOOLS),
            year=rng.integers(1980, 2020),
            n=rng.integers(1, 60),
        )
        found.append(
            {
                "unique_id": f"u{i}",
                "citingPaperId": f"paper{i // 4}",
                "string": sentence,
                "sectionName": str(rng.choice(SECTIONS[label])) if i % 4 else float("nan"),
                "label": label,
                "label_confidence": 0.75 if i % 5 else None,
            }
        )
    return found


@pytest.fixture(scope="session")
def small_scicite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 186 invented citations as SciCite's three files; not to be changed."""
    data = tmp_path_factory.mktemp("data")
    folder = data / "scicite"
    folder.mkdir()
    for name, count, first in (("train", 120, 0), ("dev", 24, 200), ("test", 42, 400)):
        lines = (json.dumps(record) + "\n" for record in citing(count, first))
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    return data


@pytest.fixture(scope="session")
def built_intent(
    small_scicite: Path, built_embedding: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A models folder with the default intent model of the invented citations.

    It is trained by its recipe with two folds and one network, three fits where the shipped model
    takes eighteen. The small embedding is in it too; tests must not change it.
    """
    from core.classifiers import intent
    from core.cli import main

    def build(folder: Path) -> None:
        shutil.copytree(built_embedding / cards.EMBEDDING, folder / cards.EMBEDDING)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PAPERLENS_MODELS", str(folder))
            patch.setenv("PAPERLENS_DATA", str(folder / "data"))
            patch.setattr(intent, "FOLDS", 2)
            patch.setattr(intent, "NETWORKS", 1)
            assert main(["train", "intent", "--data", str(small_scicite)]) == 0

    return built_once(tmp_path_factory, "intent-models", build)


@pytest.fixture
def intent_models(built_intent: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`built_intent`, and PAPERLENS_MODELS pointing there; no models trained here beside it."""
    monkeypatch.setenv("PAPERLENS_MODELS", str(built_intent))
    monkeypatch.setenv("PAPERLENS_RUNS", str(built_intent / "runs"))
    monkeypatch.setenv("PAPERLENS_DATA", str(built_intent / "data"))
    return built_intent
