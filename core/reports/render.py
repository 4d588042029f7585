"""Reports as HTML files that hold all they need: style, figures and the library that draws them."""

import gzip
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING

from core.i18n import _, current_language
from core.reports.blocks import Report

if TYPE_CHECKING:
    from jinja2 import Environment

# What JSON may hold as text, but a script element may not.
_UNSAFE = re.compile("[<>&\u2028\u2029]")


def render(report: Report) -> bytes:
    """The report as one HTML file in the current language, UTF-8.

    Nothing of it is taken for HTML; a policy in the file forbids the browser every request and
    every script but the file's own.
    """
    charts = any(block.kind == "chart" for block in report.blocks)
    template = _environment().get_template("report.html")
    page = template.render(
        report=report,
        language=current_language(),
        library=_library() if charts else None,
        made=_("Made"),
        link=_("Link"),
    )
    return page.encode("utf-8", "replace")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("core.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"script_json": _script_json, "data_address": _data_address}
    return environment


def _script_json(text: str) -> str:
    """JSON as it may stand in a script element."""
    from markupsafe import Markup

    return Markup(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def _data_address(svg: bytes) -> str:
    """A drawing as an address; as an image it runs no script and loads nothing."""
    return "data:image/svg+xml;base64," + b64encode(svg).decode()


@cache
def _library() -> dict[str, str]:
    """Plotly's script, packed for the file, and the hashes of the scripts that may run."""
    from markupsafe import Markup

    # As the browser reads it: a carriage return would change the hash.
    plotly = resources.files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    loader = resources.files("core.reports").joinpath("templates", "charts.js").read_bytes()
    return {
        "packed": b64encode(gzip.compress(plotly, mtime=0)).decode(),
        "loader": Markup(loader.decode()),
        "allowed": Markup(" ").join(map(_hash_source, (plotly, loader))),
    }


def _hash_source(script: bytes) -> str:
    """A script's hash for the policy, whose quotes must stay quotes."""
    from markupsafe import Markup

    return Markup(f"'sha256-{b64encode(sha256(script).digest()).decode()}'")
