"""Classify a paper, a citation or a file of many, with the words that decided."""

from core.i18n import _
from core.messages import N_
from pages.classify import batch, citation, paper
from pages.components import visitor_files
from pages.components.inputs import pick
from pages.components.outputs import header

BATCH = N_("Many at once")
VIEWS = {paper.VIEW: paper.show, N_("Citation"): citation.show, BATCH: batch.show}

header(
    _("Classify"),
    _(
        "Bring what you have of a paper and get its arXiv categories, with the words that decided; "
        "or a citation, or a file of many."
    ),
)
kind = pick(_("What to classify"), VIEWS, "kind", label_visibility="collapsed")
if kind != BATCH:
    visitor_files.hide()
VIEWS[kind]()
