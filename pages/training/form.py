"""The form that starts a training on this server."""

from dataclasses import replace
from importlib.util import find_spec

import streamlit as st

from core import settings
from core.classifiers import registry
from core.classifiers.training_queue import Busy
from core.corpora import scicite
from core.i18n import _, translate
from core.messages import N_
from core.text.markdown import escape_markdown
from core.training import papers
from core.training.recipe import Options, Recipe
from core.training.runs import TrainingRun
from pages.components.newest_papers import fetched, show_newest_papers
from pages.training.catalogue import run_label, training_queue
from pages.training.curves import show_one
from pages.training.settings import BOUNDS, CHOICES, EMPTY, TEXTS, supported

PAPERS = (N_("a corpus of arXiv papers"), papers, 10_000)
DATA = {
    "archive": PAPERS,
    "subject": PAPERS,
    "intent": (N_("the SciCite corpus"), scicite, None),
}
"""The training data of a task: name, module, and the default number of texts."""


def can_train() -> bool:
    """Whether the data of any recipe are on this machine."""
    data = settings.data_folder()
    return any(DATA[recipe.tasks[0]][1].installed(data) for recipe in live_recipes().values())


def show_form() -> None:
    """The recipe and its settings, or the reason why nothing can be trained."""
    recipe = pick_recipe()
    if not recipe:
        st.caption(_("No model of this version is trained here."))
        return
    st.caption(escape_markdown(_(recipe.summary)))
    task = recipe.tasks[0]
    corpus, module, sample = DATA[task]
    fetched()
    if not module.installed(settings.data_folder()):
        text = _(
            "Training needs {corpus}, which is not on this server. Get it with `{command}` and "
            "reload this page. The curves work without it."
        ).format(corpus=_(corpus), command=module.HOW_TO_GET)
        st.info(text, icon=":material/database:")
        if module is papers:
            show_newest_papers()
        return
    with st.form("live_form", border=False):
        options = replace(recipe.options, sample=sample or recipe.options.sample)
        for name in supported(recipe):
            show_setting(recipe, name, options)
        click = {"on_click": on_start, "args": (recipe, task)}
        icon = ":material/play_arrow:"
        st.form_submit_button(_("Start training"), type="primary", icon=icon, **click)


def live_recipes() -> dict[str, Recipe]:
    """The recipes that this version trains on a page, by label."""
    return {
        recipe.label: recipe
        for recipe in registry.recipes().values()
        if "epochs" in recipe.supported_options and all(map(find_spec, recipe.needs))
    }


def pick_recipe() -> Recipe | None:
    """A recipe that can be trained here, None if there is none."""
    recipes = live_recipes()
    if len(recipes) > 1:
        return recipes[st.selectbox(_("Model"), list(recipes), format_func=_, key="recipe")]
    for recipe in recipes.values():
        st.markdown(f"**{escape_markdown(_(recipe.label))}**")
        return recipe
    return None


def setting_key(recipe: Recipe, name: str) -> str:
    """The key of a setting's widget, by recipe, since defaults differ."""
    return f"{recipe.name}-{name}"


def show_setting(recipe: Recipe, name: str, options: Options) -> None:
    """A setting's widget, by the type of its value."""
    label, explanation = map(_, TEXTS[name])
    value, more = getattr(options, name), {"key": setting_key(recipe, name), "help": explanation}
    if name in CHOICES:
        st.select_slider(label, sorted({*CHOICES[name], value}), value, **more)
    elif isinstance(value, bool):
        st.toggle(label, value, **more)
    else:
        placeholder = _(EMPTY[name]) if name in EMPTY else None
        st.number_input(label, *BOUNDS[name], value, placeholder=placeholder, **more)


def on_start(recipe: Recipe, task: str) -> None:
    """Start a run with the settings of the form."""
    values = {name: st.session_state[setting_key(recipe, name)] for name in supported(recipe)}
    start(TrainingRun(recipe, task, replace(recipe.options, **values)))


def start(run: TrainingRun) -> None:
    """Start a run and show its curve, or store the reason why it cannot start."""
    try:
        training_queue().start(run, settings.data_folder())
        show_one(run_label(run))
    except (Busy, RuntimeError) as problem:
        st.session_state.refusal = translate(problem)
