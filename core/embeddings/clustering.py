"""Hierarchical clustering of terms, with optimal leaf order."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Dendrogram:
    """A tree over terms: the order of its leaves, int (n,), and SciPy's linkage, (n - 1, 4)."""

    order: np.ndarray
    linkage: np.ndarray


def cluster(similarities: np.ndarray) -> Dendrogram:
    """Cluster terms by their similarities (n, n), and order them so that similar ones are adjacent.

    Average linkage on the distance max(0, 1 - s), and the leaf order of the tree with the smallest
    sum of distances between neighbours (Bar-Joseph, Gifford and Jaakkola 2001). With fewer than two
    terms the linkage is (0, 4).

    Raises ValueError where a similarity is NaN or minus infinity.
    """
    from scipy.cluster.hierarchy import linkage

    count = len(similarities)
    if count < 2:
        return Dendrogram(np.arange(count), np.empty((0, 4)))
    symmetric = (similarities.astype(np.float64) + similarities.T) / 2
    distances = np.clip(1 - symmetric, 0, None)
    return _optimal_leaf_order(linkage(distances[np.triu_indices(count, 1)], "average"), distances)


# SciPy's optimal_leaf_ordering often returns an order that is not optimal (scipy/scipy#11227), for
# cosine distances up to a fifth longer.
def _optimal_leaf_order(tree: np.ndarray, distances: np.ndarray) -> Dendrogram:
    """Flip the branches of a tree (n - 1, 4) to minimise the order's length; distances (n, n).

    Bottom up, the minimum length of a branch's order for every first and last leaf; top down, an
    order of minimum length.
    """
    count = len(distances)
    leaves = [np.array([i]) for i in range(count)]
    lengths = [np.zeros((1, 1))] * count
    # For a first and a last leaf, the two adjacent leaves where the branch's halves meet.
    meeting = np.zeros((count, count, 2), np.int64)
    for a, b in tree[:, :2].astype(int):
        left, right = leaves[a], leaves[b]
        extended, left_end = _min_plus(lengths[a], distances[np.ix_(left, right)])
        joined, right_start = _min_plus(extended, lengths[b])
        ends = left[np.take_along_axis(left_end, right_start, 1)]
        meet = np.stack([ends, right[right_start]], axis=2)
        meeting[np.ix_(left, right)] = meet
        meeting[np.ix_(right, left)] = meet.transpose(1, 0, 2)[:, :, ::-1]
        # Two leaves of one half cannot both be ends.
        length = np.full((len(left) + len(right),) * 2, np.inf)
        length[: len(left), len(left) :] = joined
        length[len(left) :, : len(left)] = joined.T
        leaves.append(np.concatenate([left, right]))
        lengths.append(length)
    first, last = np.unravel_index(lengths[-1].argmin(), lengths[-1].shape)
    tree, order = tree.copy(), []
    # No recursion: a tree may be as deep as it has leaves.
    stack = [(2 * count - 2, leaves[-1][first], leaves[-1][last])]
    while stack:
        node, first, last = stack.pop()
        if node < count:
            order.append(node)
            continue
        branch = tree[node - count]
        if first not in leaves[int(branch[0])]:
            branch[:2] = branch[1::-1].copy()
        end, start = meeting[first, last]
        stack += [(int(branch[1]), start, last), (int(branch[0]), first, end)]
    return Dendrogram(np.array(order), tree)


def _min_plus(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The minimum of a[i, j] + b[j, k] over j, and its j; (p, q) and (q, r) to two of (p, r)."""
    sums = a[:, :, None] + b
    return sums.min(axis=1), sums.argmin(axis=1)
