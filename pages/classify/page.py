"""Classify a paper, a citation or a file of many, with the words that decided."""

from core.i18n import _
from core.messages import N_
from pages.classify import batch, citation, paper
from pages.components import visitor_files
from pages.components.inputs import pick
from pages.components.outputs import header

BATCH = N_("Batch")
VIEWS = {paper.VIEW: paper.show, N_("Citation"): citation.show, BATCH: batch.show}

header(
    _("Classify"),
    _(
        "Paste a title and abstract to see which arXiv categories fit, and why. You can also "
        "analyse a citation or upload a file."
    ),
)
kind = pick(_("What to classify"), VIEWS, "kind", label_visibility="collapsed")
if kind != BATCH:
    visitor_files.hide()
VIEWS[kind]()
