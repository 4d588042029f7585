"""Word vectors by word2vec: words that stand in for one another lie together."""

import numpy as np
import pytest

from core.training import word2vec

pytest.importorskip("gensim")


def sentences(count: int) -> list[list[str]]:
    """Two invented worlds whose words never meet."""
    rng = np.random.default_rng(2)
    worlds = (("knot", "loop", "torus", "braid"), ("star", "dust", "galaxy", "halo"))
    return [list(rng.choice(worlds[i % 2], 6)) for i in range(count)]


def test_words_of_one_world_lie_together() -> None:
    asked = ("knot", "loop", "star", "dust", "absent")
    found = word2vec.vectors(sentences(3000), asked, 12)
    assert set(found) == {"knot", "loop", "star", "dust"}
    unit = {word: vector / np.linalg.norm(vector) for word, vector in found.items()}
    assert found["knot"].shape == (12,)
    assert unit["knot"] @ unit["loop"] > unit["knot"] @ unit["star"] + 0.3
    assert unit["star"] @ unit["dust"] > unit["loop"] @ unit["dust"] + 0.3


def test_rare_words_have_no_vector() -> None:
    texts = [*sentences(200), ["once", "knot"]]
    assert "once" not in word2vec.vectors(texts, ("once", "knot"), 4)


def test_it_can_be_stopped() -> None:
    class Halt(Exception):
        pass

    def halt() -> None:
        raise Halt

    with pytest.raises(Halt):
        word2vec.vectors(sentences(200), ("knot",), 4, halt)
