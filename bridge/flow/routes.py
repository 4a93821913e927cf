"""Routes: which flow or function hears which windows, and when a live window closes. Pure."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bridge.domain import EndpointEvent, WindowKind
from bridge.errors import ConfigurationError
from bridge.files import read_text
from bridge.redaction.redactor import Redactor
from bridge.redaction.sensitive import KINDS, RedactionError
from bridge.times import known_zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CALL: Final = "call:"
"""Begins the target of a route that calls a function; no flow's name has a colon."""
_STRICT = ConfigDict(extra="forbid", frozen=True)


class WindowRule(BaseModel):
    """When a live window closes: whichever comes first."""

    model_config = _STRICT

    max_seconds: Annotated[
        float, Field(gt=0, description="Longest wait after a window's first utterance.")
    ] = 20
    max_words: Annotated[int, Field(gt=0, description="Words that close a window at once.")] = 150
    pause_seconds: Annotated[float, Field(gt=0, description="Silence after speech that closes a window.")] = 4
    min_words: Annotated[int, Field(ge=0, description="Fewer words than this wait for max_seconds.")] = 8

    def scaled(self, speed: float) -> WindowRule:
        """The same rule for a meeting that is played ``speed`` times as fast."""
        return self.model_copy(
            update={"max_seconds": self.max_seconds / speed, "pause_seconds": self.pause_seconds / speed}
        )


class Match(BaseModel):
    """Which meetings a route is for; every condition given must hold."""

    model_config = _STRICT

    topic: Annotated[
        str | None, Field(description="Shell pattern for the meeting's topic, case ignored.")
    ] = None

    def accepts(self, topic: str) -> bool:
        """Whether a meeting with this topic (empty where unknown) is meant."""
        return self.topic is None or fnmatchcase(topic.lower(), self.topic.lower())


class Webhook(BaseModel):
    """Somebody who is told by webhook what becomes of a route's meetings."""

    model_config = _STRICT

    name: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
            description="What logs, metrics and pages call it; unique among all routes. With another name it is another endpoint.",
        ),
    ]
    url: Annotated[
        str,
        Field(
            description="Where it is told, by POST: `https://`, or `http://` for this machine. Never shown beyond its host."
        ),
    ]
    secret_env: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], ...],
        Field(
            min_length=1,
            max_length=4,
            description="The variable of the environment or `.env` that has its secret (`whsec_…`), or a list of them while one is being replaced.",
        ),
    ]
    events: Annotated[
        tuple[EndpointEvent, ...],
        Field(
            min_length=1,
            description=f"What it is told of: {', '.join(f'`{event.value}`' for event in EndpointEvent)}.",
        ),
    ] = tuple(EndpointEvent)
    plain_http: Annotated[
        bool,
        Field(
            description="Allow `http://` to another machine: whoever listens on the way reads what was found."
        ),
    ] = False

    @field_validator("secret_env", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class Route(BaseModel):
    """One flow, or one Python function, and what it hears."""

    model_config = _STRICT

    name: Annotated[
        str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="Lower-case letters, digits, dashes.")
    ]
    flow: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_-]{1,200}$", description="The flow's endpoint name or id; this or `call`."
        ),
    ] = ""
    call: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$",
            description="A Python function in place of a flow: `package.module:function`.",
        ),
    ] = ""
    on: Annotated[tuple[WindowKind, ...], Field(min_length=1, description="start, live, ask, final.")] = (
        WindowKind.LIVE,
        WindowKind.FINAL,
    )
    input: Annotated[
        Literal["window", "text"],
        Field(description="window: the JSON of window.schema.json; text: plain 'Name: words' lines."),
    ] = "window"
    run: Annotated[
        Literal["sync", "background"],
        Field(description="sync: POST /api/v1/run/{flow}; background: a job of POST /api/v2/workflows."),
    ] = "sync"
    timeout_seconds: Annotated[
        float, Field(gt=0, allow_inf_nan=False, description="Longest wait for a run's answer.")
    ] = 120
    human_seconds: Annotated[
        float,
        Field(gt=0, description="Longest wait for a person where a Human Input of the flow's asks for one."),
    ] = 86_400
    share: Annotated[
        bool, Field(description="Send the picture that a shared screen shows along with each window.")
    ] = False
    memory: Annotated[
        Literal["none", "series"],
        Field(
            description="series: an ask window brings what earlier meetings of the same meeting id tell of the question, "
            "a start window what the last one left to do. A personal meeting id (ten digits) is no series."
        ),
    ] = "none"
    timezone: Annotated[
        str,
        Field(
            description="Where the people of its meetings are, such as `Europe/Berlin`; else as the bridge knows."
        ),
    ] = ""
    redact: Annotated[
        tuple[Literal[KINDS], ...],  # type: ignore[valid-type]  # the kinds stand once
        Field(
            description=f"What is replaced by placeholders before a window leaves the bridge, and put back in answers: "
            f"{', '.join(f'`{kind}`' for kind in KINDS)}; see [redaction](redaction.md)."
        ),
    ] = ()
    redact_words: Annotated[
        tuple[str, ...],
        Field(description="Words of one's own to redact, in any case; with `words` in redact."),
    ] = ()
    redact_patterns: Annotated[
        tuple[str, ...],
        Field(description="Regular expressions of one's own to redact; with `ids` in redact."),
    ] = ()
    approve: Annotated[
        bool,
        Field(
            description="What the flow finds waits on page and panel until somebody lets it out; Zoom's components post and write nothing before."
        ),
    ] = False
    window: WindowRule = WindowRule()
    match: Match = Match()
    webhook: Annotated[
        tuple[Webhook, ...], Field(description="Who is told by webhook what becomes of it, below.")
    ] = ()

    @field_validator("timezone")
    @classmethod
    def _a_zone(cls, name: str) -> str:
        return known_zone(name)

    @property
    def target(self) -> str:
        """What its windows are for, as they are stored: the flow, or ``call:`` and the function."""
        return self.flow or f"{CALL}{self.call}"

    @model_validator(mode="after")
    def _one_target(self) -> Route:
        if bool(self.flow) == bool(self.call):
            raise ValueError("give either flow or call")
        if self.call and self.run != "sync":
            raise ValueError("run = 'background' needs a flow")
        if self.call and self.share:
            raise ValueError("share = true needs a flow: pictures are kept by Langflow")
        return self

    @model_validator(mode="after")
    def _text_names_no_picture(self) -> Route:
        if self.share and self.input == "text":
            raise ValueError("share = true needs input = 'window': plain text cannot name a picture")
        return self

    @model_validator(mode="after")
    def _approval_is_told(self) -> Route:
        if WindowKind.APPROVED in self.on:
            raise ValueError(
                "'approved' does not belong in on: such windows come by themselves with approve = true"
            )
        if self.approve and self.run == "background":
            raise ValueError("approve = true needs run = 'sync': of a job Langflow tells no findings")
        if self.approve and (self.call or self.input == "text"):
            raise ValueError(
                "approve = true needs a flow, and input = 'window': plain text cannot say that it waits"
            )
        return self

    @model_validator(mode="after")
    def _memory_is_asked(self) -> Route:
        remembering = {WindowKind.ASK, WindowKind.START} & {*self.on}
        if self.memory != "none" and (not remembering or self.input == "text"):
            raise ValueError(
                "memory = 'series' needs input = 'window' and 'ask' or 'start' in on: it comes with questions, and at the start"
            )
        return self

    @model_validator(mode="after")
    def _nothing_gets_past_redaction(self) -> Route:
        if self.redact and self.share:
            raise ValueError("redact and share = true exclude each other: a picture cannot be redacted")
        if self.redact and self.run == "background":
            raise ValueError(
                "redact needs run = 'sync' or a call: a job of Langflow's is not told what to put back into posts; "
                "put Zoom Redactor into the flow instead"
            )
        for given, kind in ((self.redact_words, "words"), (self.redact_patterns, "ids")):
            if given and kind not in self.redact:
                raise ValueError(
                    f"redact_{'words' if kind == 'words' else 'patterns'} needs {kind!r} in redact"
                )
        if self.redact:
            try:
                self.redactor()
            except RedactionError as error:
                raise ValueError(str(error)) from None
        return self

    def redactor(self) -> Redactor:
        """What replaces it.

        Raises:
            RedactionError: A pattern cannot be used, or a library is missing.
        """
        return Redactor(self.redact, self.redact_words, self.redact_patterns)


BUILT_IN: tuple[Route, ...] = (
    Route(
        name="action-items",
        flow="zoom-action-items",
        window=WindowRule(max_seconds=120, max_words=300, pause_seconds=15, min_words=30),
    ),
    Route(name="assistant", flow="zoom-assistant", on=(WindowKind.START, WindowKind.ASK), memory="series"),
)
"""What runs when ``BRIDGE_ROUTES`` is not set.

The windows of action items are longer than a route's default: with Claude each run costs tokens for
its context besides what is new, and an action item loses nothing by coming a little later.
"""


class _RouteFile(BaseModel):
    model_config = _STRICT

    route: Annotated[tuple[Route, ...], Field(min_length=1)]


def read_routes(path: Path | None) -> tuple[Route, ...]:
    """The routes of a TOML file with ``[[route]]`` tables, or the built-in ones.

    Raises:
        ConfigurationError: The file cannot be read, or a field is wrong; says which.
    """
    if path is None:
        return BUILT_IN
    try:
        parsed = tomllib.loads(read_text(path))
    except OSError as error:
        raise ConfigurationError(f"BRIDGE_ROUTES: cannot read {path}: {error.strerror}.") from None
    except ValueError as error:  # a number too long to be read is one, and no TOMLDecodeError
        raise ConfigurationError(f"BRIDGE_ROUTES: {path} is not TOML: {error}.") from None
    except RecursionError:
        raise ConfigurationError(f"BRIDGE_ROUTES: {path} is nested too deep to be read.") from None
    try:
        routes = _RouteFile.model_validate(parsed).route
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"BRIDGE_ROUTES: {path}: {faults}.") from None
    _refuse_twins(routes, path)
    return routes


def _refuse_twins(routes: Sequence[Route], path: Path) -> None:
    names = [route.name for route in routes]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ConfigurationError(f"BRIDGE_ROUTES: {path}: more than one route is named {', '.join(twins)}.")
    hooks = [hook.name for route in routes for hook in route.webhook]
    if twins := sorted({name for name in hooks if hooks.count(name) > 1}):
        raise ConfigurationError(f"BRIDGE_ROUTES: {path}: more than one webhook is named {', '.join(twins)}.")
