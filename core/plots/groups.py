"""Names of groups of terms on screen: those that the dashboard gives are translated."""

from core.embeddings.term_list import GROUPS
from core.i18n import _


def group_name(group: str) -> str:
    """A group's name in the visitor's language; a visitor's own as typed."""
    return _(group) if group in GROUPS else group


def stored_group(name: str) -> str:
    """The group of a name on screen."""
    return {group_name(group): group for group in GROUPS}.get(name, name)
