"""The fast product gives what SciPy's gives, whatever is frequent."""

import numpy as np
import pytest
import scipy.sparse as sp

from core.text import sparse_product


@pytest.mark.parametrize("frequent", [0, 5, 40, 1_000])
def test_it_equals_scipys(frequent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse_product, "FREQUENT", frequent)
    rng = np.random.default_rng(3)
    rows = sp.random(30, 40, 0.2, "csr", np.float32, rng)
    weights = sp.random(40, 7, 0.3, "csr", np.float32, rng)
    fast = sparse_product.Weights(weights, rng.random(40))
    found = fast.product(rows)
    assert found.dtype == np.float32
    assert found == pytest.approx((rows @ weights).toarray(), abs=1e-5)
    assert all((fast.product(rows[i])[0] == found[i]).all() for i in range(30))
    assert fast.product(rows[:0]).shape == (0, 7)
    assert not fast.product(sp.csr_matrix((2, 40), dtype=np.float32)).any()
