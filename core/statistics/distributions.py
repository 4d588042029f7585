"""Histograms and quartiles of counts."""

import pandas as pd

from core import taxonomy
from core.messages import N_


def histogram(values: pd.DataFrame, width: int) -> pd.DataFrame:
    """Values in bins of a width: `from`, `to` (included), papers."""
    bins = values["value"] // width * width
    sums = values.groupby(bins)["papers"].sum()
    return pd.DataFrame(
        {"from": sums.index.to_numpy(), "to": sums.index.to_numpy() + width - 1,
         "papers": sums.to_numpy()}
    )  # fmt: skip


LOWER, MEDIAN, UPPER = (N_("lower quartile"), N_("median"), N_("upper quartile"))
QUARTILES = {LOWER: 0.25, MEDIAN: 0.5, UPPER: 0.75}


def quantile(values: pd.DataFrame, share: float) -> float:
    """The value that so many of the papers do not exceed; NaN without papers."""
    total = values["papers"].sum()
    if not total:
        return float("nan")
    reached = values["papers"].cumsum().to_numpy() >= share * total
    return float(values["value"].to_numpy()[int(reached.argmax())])


def quartiles(values: pd.DataFrame) -> pd.DataFrame:
    """Of the values by archive a row an archive: archive, name, papers, quartiles, mean."""
    rows = []
    for archive, own in values.groupby("archive", sort=True):
        papers = int(own["papers"].sum())
        rows.append(
            {"archive": archive, "name": taxonomy.name(str(archive)), "papers": papers}
            | {name: quantile(own, share) for name, share in QUARTILES.items()}
            | {"mean": round(float((own["value"] * own["papers"]).sum() / papers), 2)}
        )
    columns = ["archive", "name", "papers", *QUARTILES, "mean"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        MEDIAN, ascending=False, kind="stable", ignore_index=True
    )
