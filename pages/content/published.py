"""Training curves that others published, figures only, to lay ours over."""

from collections.abc import Sequence
from dataclasses import dataclass

NAMES = ("loss", "accuracy", "val_loss", "val_accuracy")
BINARY = ("loss", "binary_accuracy", "val_loss", "val_binary_accuracy")
"""Keras prints “accuracy” for this one too; it is over single labels, mostly absent ones."""


@dataclass(frozen=True)
class Published:
    """A published training: which recipe of ours it is to be compared with, and its figures.

    history: a record an epoch, as on a model's card; test: the figures on its test data.
    """

    name: str
    label: str
    recipe: str
    source: str
    history: tuple[dict[str, float], ...]
    test: dict[str, float]


def _history(table: str, names: Sequence[str]) -> tuple[dict[str, float], ...]:
    """The records of a table with a line an epoch."""
    return tuple(
        {"epoch": epoch} | dict(zip(names, map(float, line.split()), strict=True))
        for epoch, line in enumerate(table.strip().splitlines(), start=1)
    )


NOTEBOOK = Published(
    "cord19-notebook",
    "The CORD-19 notebook, published",
    "swivel-dense",
    "TensorFlow Hub's notebook on the CORD-19 Swivel embedding: a dense layer on "
    "the frozen official module, SciCite, 35 epochs",
    _history(
        """
0.8688 0.5978 0.7558 0.7041
0.6813 0.7278 0.6609 0.7336
0.6146 0.7580 0.6197 0.7587
0.5831 0.7708 0.5987 0.7631
0.5637 0.7796 0.5872 0.7566
0.5511 0.7862 0.5761 0.7653
0.5428 0.7876 0.5693 0.7675
0.5361 0.7897 0.5675 0.7718
0.5315 0.7934 0.5612 0.7718
0.5270 0.7942 0.5600 0.7751
0.5237 0.7933 0.5570 0.7697
0.5210 0.7942 0.5564 0.7707
0.5182 0.7944 0.5526 0.7751
0.5160 0.7957 0.5530 0.7718
0.5143 0.7962 0.5527 0.7751
0.5126 0.7999 0.5514 0.7751
0.5110 0.7981 0.5489 0.7795
0.5100 0.7968 0.5499 0.7806
0.5086 0.7984 0.5487 0.7773
0.5078 0.7985 0.5473 0.7784
0.5074 0.7991 0.5496 0.7828
0.5060 0.7979 0.5469 0.7849
0.5049 0.8017 0.5471 0.7838
0.5044 0.7999 0.5477 0.7871
0.5037 0.8007 0.5461 0.7828
0.5031 0.8000 0.5466 0.7817
0.5024 0.7988 0.5465 0.7860
0.5020 0.8016 0.5489 0.7849
0.5016 0.7991 0.5489 0.7817
0.5011 0.8014 0.5450 0.7860
0.5002 0.8024 0.5444 0.7860
0.4999 0.8018 0.5457 0.7893
0.4992 0.8025 0.5451 0.7882
0.4992 0.8007 0.5472 0.7882
0.4981 0.8033 0.5461 0.7849
        """,
        NAMES,
    ),
    {"loss": 0.5315, "accuracy": 0.7902},
)

COURSE = Published(
    "arxiv-course",
    "The arXiv course's network, published",
    "bigru-conv",
    "The arXiv course's task 4: a recurrent and convolutional network on 80,000 papers, 5 epochs; "
    "its accuracy is over the 34 yes-or-no answers a paper, so that always “no” has 0.96 already",
    _history(
        """
0.1064 0.9665 0.0734 0.9743
0.0724 0.9741 0.0689 0.9749
0.0677 0.9755 0.0659 0.9760
0.0664 0.9761 0.0637 0.9772
0.0630 0.9770 0.0629 0.9773
        """,
        BINARY,
    ),
    {},
)

CURVES = (NOTEBOOK, COURSE)


def of(recipe: str) -> Published | None:
    """The published training of a recipe, None where there is none."""
    return next((curve for curve in CURVES if curve.recipe == recipe), None)
