"""How things look: templates made into HTML. Whatever people or flows said is escaped, and shown as text."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bridge.domain import LIMITS, RunStatus, StreamState
from bridge.flow import usage
from bridge.pages import approval, excerpt, finding, wording
from bridge.pages.edition import OPERATOR
from bridge.pages.row import Look as RowLook
from bridge.pages.static import Assets
from bridge.text import one_line
from bridge.times import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Stream
    from bridge.pages.edition import Edition
    from bridge.pages.row import Row
    from bridge.pages.sight import Sight

_FOLDER: Final = Path(__file__).parent / "templates"
_LAST: Final = 999_999
"""The order of the oldest run; newer ones stand above it."""
STATES: Final = {
    StreamState.STARTING: "starting",
    StreamState.LIVE: "live",
    StreamState.PAUSED: "paused",
    StreamState.INTERRUPTED: "interrupted",
    StreamState.LOST: "lost",
    StreamState.ENDED: "ended",
}
GAP_REASONS: Final = {
    "reconnect": "The connection to Zoom was broken.",
    "lost": "The connection to Zoom was not made again.",
}


class Templates:
    """Templates of an edition, all of them read and compiled at once: nobody who asks waits for a file."""

    def __init__(self, assets: Assets, edition: Edition = OPERATOR, *folders: Path) -> None:
        """``folders`` have what the edition has beside the package's own."""
        self.edition = edition
        self._environment = Environment(
            loader=FileSystemLoader([_FOLDER, *folders]),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            finalize=_fit,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(
            clock=wording.clock,
            counted=wording.counted,
            day=wording.day,
            iso=instant,
            lasting=wording.length,
            offset=wording.offset,
            shown=wording.shown,
        )
        self._environment.globals.update(
            asset=lambda name: f"{edition.base}{assets.url(name)}",
            edition=edition,
            approval=approval,
            element_id=finding.element_id,
            finding=finding,
            gap_reasons=GAP_REASONS,
            long=wording.LONG,
            row_look=RowLook,
            run_status=RunStatus,
            excerpt=excerpt,
            minutes=wording.MINUTES,
            most_minutes=wording.MOST_MINUTES,
            short=wording.SHORT,
            states=STATES,
            title_of=title_of,
            url_of=edition.url_of,
            usage=usage,
            wording=wording,
        )
        for name in self._environment.list_templates():
            self._environment.get_template(name)
        self._rows: Any = self._environment.get_template("rows.html").module
        self._pieces: Any = self._environment.get_template("pieces.html").module

    def page(self, name: str, **values: Any) -> str:
        """A whole page or a fragment."""
        return self._environment.get_template(name).render(values)

    def row(self, row: Row, sight: Sight) -> str:
        """One line of a meeting."""
        return str(self._rows.line(row, sight.stream))

    def rows(self, rows: Sequence[Row], stream: Stream) -> str:
        """Lines of a meeting."""
        return "\n".join(str(self._rows.line(row, stream)) for row in rows)

    def pieces(self, sight: Sight) -> dict[str, str]:
        """What changes in place on a meeting's page, by the ids of the elements, in the order of the page.

        Each of the many is made anew only where what it shows is another value than before: a long meeting has a thousand.
        """
        made, stream = self._pieces, sight.stream
        found = {
            "facts": str(made.facts(sight)),
            "summary": str(made.summary(sight)),
            "talk": str(made.talk(sight)),
        }

        def put(name: str, look: Any, *values: Any) -> None:
            known = sight.rendered.get(name)
            if known is None or known[0] != values:
                known = sight.rendered[name] = values, str(look(*values, name, stream))
            found[name] = known[1]

        for (window_id, request_id), question in sight.asked.items():
            put(finding.element_id("wait", window_id, request_id), made.question, question)
        for order, ((route, item), known) in enumerate(sight.standing.known.items()):
            waiting = sight.standing.waits(route, item)
            put(finding.element_id("wait", route, item), made.waiting, known, waiting, order)
        for decided in sight.standing.decided:
            put(finding.element_id("decision", str(decided.verdict.n)), made.decision, decided)
        for order, insight in enumerate(sight.insights):
            put(finding.element_id("found", insight.route, insight.id), made.insight, insight, order)
        if self.edition.operates:
            found["took"] = str(made.took(sight))
        shown = finding.shown_runs(sight.runs) if self.edition.operates else ()
        for order, run in shown:
            put(finding.element_id("run", run.window_id), made.run, run, _LAST - order)
        for name in [*sight.rendered]:  # one that is shown no more, as a window behind the newest
            if name not in found:
                sight.rendered.pop(name, None)  # another page of the meeting may have done so
        return found


@functools.cache
def package_look(edition: Edition = OPERATOR, beside: Path | None = None) -> tuple[Assets, Templates]:
    """What the package brings, read and compiled once in a process; that takes a tenth of a second and more.

    ``beside`` is a folder with ``static`` and ``templates`` of what the edition has besides.
    """
    more = (beside,) if beside else ()
    assets = Assets.read(*(folder / "static" for folder in more))
    return assets, Templates(assets, edition, *(folder / "templates" for folder in more))


def _fit(value: Any) -> Any:
    """Whatever a template prints, and no template made: without what a screen would obey."""
    return wording.shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def title_of(stream: Stream) -> str:
    """What a meeting is called; Zoom tells its topic to nobody who does not ask."""
    product = stream.product.value.replace("_", " ")
    return one_line(stream.topic, LIMITS.topic) or (
        f"{product.capitalize()} {stream.meeting_id}" if stream.meeting_id else f"A {product} without a topic"
    )
