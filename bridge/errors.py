"""What can go wrong, whose fault it is, and whether trying again can help.

* :class:`BridgeError`
    * :class:`ConfigurationError`     the operator's: a setting is missing or wrong
        * :class:`SettingsError`      several of them, each with its fault
    * :class:`StoreError`             ours: the database cannot be used
        * :class:`StoreInUse`         another bridge has the store
        * :class:`StoreAway`          the database cannot be read now, and somebody is looking on
        * :class:`WriteRefused`       this one thing cannot be kept; everything else can
    * :class:`QuestionRefused`        the asker's: there is nothing to search for, or nobody answers such a question
    * :class:`NotAnswered`            nobody's, or Langflow's: a question from outside a meeting has no answer now
    * :class:`DecisionRefused`        the decider's: it does not wait any more, or reads differently now
        * :class:`WordingRefused`     what is to go out has no words, or too many
    * :class:`ContextRefused`         the viewer's: what Zoom's client says of them does not open the panel
        * :class:`ContextUnreadable`  it is no app context, or not a whole one
        * :class:`ContextForged`      it was made with another secret, or for another app
        * :class:`ContextExpired`     its time is over
        * :class:`NotInAMeeting`      the app was opened outside of a meeting
        * :class:`GuestRefused`       guests may not look
    * :class:`ZoomError`              Zoom's side of a stream
        * :class:`UntrustedUrl`       an address that Zoom would not send; never dialled
        * :class:`HandshakeRefused`   Zoom answered a handshake with a status code
        * :class:`ConnectionLost`     a socket failed, went silent or was closed
    * :class:`ZoomApiError`           a call of Zoom's REST did not succeed
        * :class:`NotAMeeting`        what was given is neither number, link nor UUID
        * :class:`ZoomApiAway`        nobody answers at the address
        * :class:`ZoomApiBusy`        Zoom asks to wait (429)
        * :class:`ZoomApiFailed`      a fault on Zoom's side (5xx, no answer in time, an answer of another kind)
        * :class:`ZoomApiRefused`     Zoom will not do it (400, 401, 403, 404); the message says what to change
    * :class:`RecordingsElsewhere`    the operator's: files of a deleted meeting lie where no bridge is that runs
    * :class:`LangflowError`          a run did not succeed
        * :class:`WayBlocked`         something on the way to the flow; windows wait until it is mended
            * :class:`LangflowAway`   no Langflow at the address: no such name, refused, TLS, a proxy, a login page
            * :class:`LangflowBusy`   Langflow asks to wait (429)
            * :class:`KeyRefused`     the API key is missing or not valid there (401, 403)
            * :class:`FlowMissing`    Langflow has no such flow (404)
        * :class:`RunLost`            no answer in time, or none that came whole: its window waits its turn again
        * :class:`WindowUnderWay`     another run of this window is under way in its flow: it waits its turn again
        * :class:`RunSuspended`       a person has to decide before the flow goes on: its window waits, in nobody's way
        * :class:`FlowFailed`         the flow itself broke on a window
        * :class:`FlowRefused`        this will not be run or done, however often it is asked

Messages tell what happened and what to do. They never hold meeting content, names or secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence


class BridgeError(Exception):
    """Base of all errors that the bridge raises on purpose."""

    retryable = False
    """Whether the same attempt can succeed later without anybody changing anything."""


class ConfigurationError(BridgeError):
    """A setting is missing or wrong; the message says which and how to mend it."""


class SettingsError(ConfigurationError):
    """Settings of the environment are missing or wrong."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        """One phrase for each, without values."""
        super().__init__(f"{'; '.join(faults)}. docs/configuration.md explains each setting.")


class StoreError(BridgeError):
    """The database cannot be opened, or is newer than this program."""


class StoreInUse(StoreError):
    """A store has one owner, and it is another bridge; the message says which, where that is known."""


class StoreOutdated(StoreError):
    """The database is of an older version, and whoever opens it does not want it changed."""


class StoreTakenOver(StoreError):
    """Other bridges have taken this one for dead; it may begin anew, as one more of them."""


class StoreAway(StoreError):
    """The database does not answer now; nothing that was written is lost, and it will be tried again."""

    retryable = True


class WriteRefused(StoreError):
    """The database is there and refuses this; it is put aside, and would be refused again."""


class QuestionRefused(BridgeError):
    """A search has nothing to look for, or nobody answers such a question; the message says why, without the question."""


class NotAnswered(BridgeError):
    """A question that was put from outside a meeting has no answer now; the message says why, and is neither question nor answer."""


class DecisionRefused(BridgeError):
    """A finding does not wait any more, or not in these words; the message says which."""


class WordingRefused(DecisionRefused):
    """What somebody wants to be posted has no words, or too many."""


class ContextRefused(BridgeError):
    """What Zoom's client says of a viewer does not open the panel; the message is for the viewer."""

    outcome = ""
    """A word for figures and logs."""
    told = ""
    """What happened and what to do."""

    def __init__(self) -> None:
        super().__init__(self.told)


class ContextUnreadable(ContextRefused):
    """It is no app context, or not a whole one."""

    outcome = "unreadable"
    told = (
        "What Zoom's client sent cannot be read. Close the panel and open it again from the meeting's apps."
    )


class ContextForged(ContextRefused):
    """It was made with another secret, for another app or by somebody else."""

    outcome = "forged"
    told = (
        "This was not sealed by Zoom for this app. ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET of the bridge "
        "must be those of the app that is open."
    )


class ContextExpired(ContextRefused):
    """Its time is over."""

    outcome = "expired"
    told = "What Zoom's client sent is too old. Close the panel and open it again; the bridge's clock must be right."


class NotInAMeeting(ContextRefused):
    """The app was opened outside of a meeting."""

    outcome = "elsewhere"
    told = "The panel shows the meeting that is open, and none is. Open it in a meeting, from its apps."


class GuestRefused(ContextRefused):
    """Guests may not look."""

    outcome = "guest"
    told = (
        "The panel is for people who are signed in to Zoom and have added the app. "
        "Who runs the bridge can let guests look with BRIDGE_PANEL_GUESTS."
    )


class ZoomError(BridgeError):
    """Something on Zoom's side of a stream."""


class UntrustedUrl(ZoomError):
    """A server URL that is not on the allow-list, or not ``wss://``."""


class HandshakeRefused(ZoomError):
    """Zoom answered a handshake with a status other than 0."""

    def __init__(self, *, socket: str, status: int, advice: str, retryable: bool) -> None:
        self.socket = socket
        """``signaling`` or ``media``."""
        self.status = status
        """Zoom's RTMS_STATUS_CODE."""
        self.retryable = retryable
        super().__init__(f"Zoom refused the {socket} handshake with status {status}: {advice}")


class ConnectionLost(ZoomError):
    """A socket failed, went silent or was closed without the stream having ended."""

    retryable = True

    def __init__(self, message: str, *, closed: bool = False, denied: bool = False) -> None:
        self.closed = closed
        """Whether Zoom closed the socket in good order, which it does at a stream's end."""
        self.denied = denied
        """Whether Zoom answered the dialling with 401 or 403."""
        super().__init__(message)


class ZoomApiError(BridgeError):
    """A call of Zoom's REST did not succeed."""


class NotAMeeting(ZoomApiError):
    """What was given is neither a meeting's number, nor its join link, nor a UUID."""


class ZoomApiAway(ZoomApiError):
    """Nobody answers at the REST API's address."""

    retryable = True


class ZoomApiBusy(ZoomApiError):
    """Zoom asked to wait."""

    retryable = True

    def __init__(self, message: str, *, retry_after_seconds: float | None) -> None:
        self.retry_after_seconds = retry_after_seconds
        """What Zoom asked for; ``None`` where it did not say."""
        super().__init__(message)


class ZoomApiFailed(ZoomApiError):
    """A fault on Zoom's side, or no answer in time; a few more tries may help."""

    retryable = True


class ZoomApiRefused(ZoomApiError):
    """Zoom will not do this, until somebody changes something."""

    def __init__(
        self, message: str, *, status: int, code: int, retryable: bool = False, reason: str = ""
    ) -> None:
        self.status = status
        """HTTP status."""
        self.code = code
        """Zoom's own number; 0 where it gave none."""
        self.reason = reason
        """Zoom's own word, where it is one that is known here, such as ``invalid_client``."""
        self.retryable = retryable
        super().__init__(message)


class RecordingsElsewhere(BridgeError):
    """Files lie in data folders that no bridge has which runs; holds their volumes."""

    def __init__(self, volumes: Sequence[str]) -> None:
        super().__init__(
            f"files are left in {', '.join(volumes)}: start a bridge with that data folder, or tell that it is lost "
            "(docs/recording.md#several-bridges)"
        )


class LangflowError(BridgeError):
    """A run did not succeed."""


class WayBlocked(LangflowError):
    """Something is wrong on the way to a flow, and nothing was run: windows wait until it is mended."""

    retryable = True
    everywhere = True
    """Whether it stands in the way of every flow of that Langflow, and not of one alone."""


class LangflowAway(WayBlocked):
    """No Langflow answers at the address; the message says what does, or why nothing does."""


class LangflowBusy(WayBlocked):
    """Langflow asked to wait."""

    def __init__(self, message: str, *, retry_after_seconds: float | None) -> None:
        self.retry_after_seconds = retry_after_seconds
        """What Langflow asked for; ``None`` where it did not say."""
        super().__init__(message)


class KeyRefused(WayBlocked):
    """Langflow, or what stands before it, does not take the API key."""

    everywhere = False


class FlowMissing(WayBlocked):
    """Langflow has no flow of that name."""

    everywhere = False


class RunLost(LangflowError):
    """A run's answer did not come in time or whole: Langflow is overloaded, or goes down. What the run did is not known."""

    retryable = True


class WindowUnderWay(LangflowError):
    """Another run of this very window is under way in its flow, which let none in beside it: nothing was run."""

    retryable = True


class RunSuspended(LangflowError):
    """A *Human Input* of the flow's waits for a person; the same attempt succeeds once somebody has decided."""

    retryable = True

    def __init__(self, message: str, *, goes_on: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.goes_on = goes_on
        """Returns once the run may have gone on, or it needs a turn to learn how it stands. Whoever ends it before that
        does not wait for the run any more."""
        super().__init__(message)


class FlowFailed(LangflowError):
    """The flow itself broke on a window; a few more tries may help."""

    retryable = True


class FlowRefused(LangflowError):
    """This will not be run or done, however often it is asked."""
