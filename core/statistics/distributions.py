"""Histograms and quartiles of counts."""

import pandas as pd

from core import taxonomy
from core.messages import N_


def histogram(values: pd.DataFrame, width: int) -> pd.DataFrame:
    """Papers in bins of `width` values: `from`, `to` (inclusive), papers."""
    bins = values["value"] // width * width
    sums = values.groupby(bins)["papers"].sum()
    return pd.DataFrame(
        {"from": sums.index.to_numpy(), "to": sums.index.to_numpy() + width - 1,
         "papers": sums.to_numpy()}
    )  # fmt: skip


LOWER, MEDIAN, UPPER = (N_("lower quartile"), N_("median"), N_("upper quartile"))
QUARTILES = {LOWER: 0.25, MEDIAN: 0.5, UPPER: 0.75}


def quantile(values: pd.DataFrame, share: float) -> float:
    """The smallest value that at least `share` of the papers do not exceed; NaN without papers."""
    total = values["papers"].sum()
    if not total:
        return float("nan")
    reached = values["papers"].cumsum().to_numpy() >= share * total
    return float(values["value"].to_numpy()[int(reached.argmax())])


def quartiles(values: pd.DataFrame) -> pd.DataFrame:
    """One row per archive: archive, name, papers, quartiles, mean."""
    rows = []
    for archive, group in values.groupby("archive", sort=True):
        papers = int(group["papers"].sum())
        rows.append(
            {"archive": archive, "name": taxonomy.name(str(archive)), "papers": papers}
            | {name: quantile(group, share) for name, share in QUARTILES.items()}
            | {"mean": round(float((group["value"] * group["papers"]).sum() / papers), 2)}
        )
    columns = ["archive", "name", "papers", *QUARTILES, "mean"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        MEDIAN, ascending=False, kind="stable", ignore_index=True
    )
