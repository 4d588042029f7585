"""The settings of a training on this server: their names, explanations and bounds."""

from dataclasses import dataclass

from core.i18n import _, join_list
from core.messages import N_
from core.training.recipe import Recipe
from core.training.runs import TrainingRun


@dataclass(frozen=True)
class Setting:
    """A setting's label and explanation, its bounds or choices, and what an empty field means."""

    label: str
    explanation: str
    minimum: int = 0
    maximum: int = 0
    choices: tuple[float, ...] = ()
    empty: str = ""


SETTINGS = {
    "epochs": Setting(
        *(N_("Epochs"), N_("How often all training texts are gone through.")), 1, 200
    ),
    "batch_size": Setting(
        *(N_("Batch size"), N_("So many texts make one step; fewer learn faster and less evenly.")),
        choices=(8, 16, 32, 64, 128, 256, 512),
    ),
    "learning_rate": Setting(
        *(N_("Learning rate"), N_("How far a step goes; too far and the loss rises.")),
        choices=(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03),
    ),
    "trainable": Setting(
        *(
            N_("Train the word vectors too"),
            N_("Many times slower, and it soon knows the training texts by heart."),
        )
    ),
    "sample": Setting(
        *(N_("Training texts"), N_("Train on so many of them; empty for all.")),
        50,
        1_000_000,
        empty=N_("all"),
    ),
    "patience": Setting(
        *(
            N_("Patience"),
            N_(
                "Stop after so many epochs without a lower validation loss, and take the best; "
                "empty for never."
            ),
        ),
        1,
        200,
        empty=N_("never"),
    ),
    "seed": Setting(
        *(N_("Seed"), N_("Fixes what is random; the same gives the same run.")), 0, 2**31 - 1
    ),
}
"""By the name of the field of `core.training.recipe.Options`, in the order of the form."""


def supported(recipe: Recipe) -> list[str]:
    """The settings that a recipe supports, in the order of the form."""
    return [name for name in SETTINGS if name in recipe.heeds]


def describe_settings(run: TrainingRun) -> str:
    """The settings of a run in a line, without those that are off."""
    return join_list(
        f"{_(SETTINGS[name].label).lower()} {value}"
        for name in run.recipe.heeds
        if (value := getattr(run.options, name)) is not None and value is not False
    )
