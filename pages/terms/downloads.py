"""What every view can save: its numbers as a table, and its figure as a picture."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from core.i18n import _
from pages.components.outputs import download, download_csv
from pages.components.report import address

PICTURES = {"PNG": "image/png", "SVG": "image/svg+xml", "PDF": "application/pdf"}


def show_downloads(
    table: pd.DataFrame, picture: Callable[[str], bytes], name: str, index: int
) -> None:
    """Buttons for the table, the picture, and a link to the view that can be copied.

    picture: a file's content by its form, "png", ...
    """
    download_csv(table, name, key=f"csv-{index}")
    for form, mime in PICTURES.items():
        label, file = _("Picture as {form}").format(form=form), f"{name}.{form.lower()}"
        download(label, partial(picture, form.lower()), file, mime, key=f"{form}-{index}")
    link = address()
    if link and not index:
        with st.popover(_("Link"), icon=":material/link:"):
            st.code(link, language=None, wrap_lines=True)
