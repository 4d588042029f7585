"""The settings of a training: labels, help, bounds or choices, meaning of empty values."""

from core.i18n import _, join_list
from core.messages import N_
from core.training.recipe import Recipe
from core.training.runs import TrainingRun

TEXTS = {
    "epochs": (N_("Epochs"), N_("How many times the model sees all training texts.")),
    "batch_size": (
        N_("Batch size"),
        N_("Texts per step: fewer learn faster, but less steadily."),
    ),
    "learning_rate": (
        N_("Learning rate"),
        N_("How far each step goes; too far, and the loss rises."),
    ),
    "trainable": (
        N_("Train the word vectors too"),
        N_("Many times slower, and it soon overfits."),
    ),
    "sample": (N_("Training texts"), N_("Number of training texts (leave empty for all).")),
    "patience": (
        N_("Patience"),
        N_(
            "Stop after this many epochs without a lower validation loss, and keep the best "
            "(leave empty for never)."
        ),
    ),
    "seed": (N_("Seed"), N_("Makes a run repeatable: the same seed gives the same run.")),
}
BOUNDS = {
    "epochs": (1, 200),
    "sample": (50, 1_000_000),
    "patience": (1, 200),
    "seed": (0, 2**31 - 1),
}
CHOICES = {
    "batch_size": (8, 16, 32, 64, 128, 256, 512),
    "learning_rate": (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03),
}
EMPTY = {"sample": N_("all"), "patience": N_("never")}
"""By field of `core.training.recipe.Options`, in the order of the form."""


def supported(recipe: Recipe) -> list[str]:
    """The settings that a recipe supports, in the order of the form."""
    return [name for name in TEXTS if name in recipe.supported_options]


def describe_settings(run: TrainingRun) -> str:
    """The settings of a run in one line, without those that are off."""
    return join_list(
        f"{_(TEXTS[name][0]).lower()} {value}"
        for name in run.recipe.supported_options
        if (value := getattr(run.options, name)) is not None and value is not False
    )
