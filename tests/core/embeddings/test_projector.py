"""Files for the Embedding Projector."""

import numpy as np

from core.embeddings.projector import metadata_tsv, vectors_tsv


def test_vectors_and_metadata_have_a_line_a_term() -> None:
    vectors = np.array([[0.5, -1], [1 / 3, 1e-9]], np.float32)
    rows = [line.split("\t") for line in vectors_tsv(vectors).decode().splitlines()]
    np.testing.assert_allclose(np.array(rows, float), vectors, rtol=1e-5)
    metadata = metadata_tsv(["chest pain", "=1+1"], ["Symptoms", "@x"])
    assert metadata.decode() == "term\tgroup\nchest pain\tSymptoms\n'=1+1\t'@x\n"
