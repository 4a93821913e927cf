"""Would Zoom take these parameters for sound and pictures? Pure, in Zoom's status codes.

Source: developers.zoom.us "RTMS media parameters". A picture codec with more frames a second than it
may have is a fault of ``fps``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.rtms.messages import (
    Channels,
    JsonObject,
    MediaCodec,
    MediaContentType,
    MediaDataOption,
    MediaType,
    Resolution,
    SampleRate,
    StatusCode,
)
from bridge.simulator.handshake import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_SEND_RATE_MS = 1000
_SEND_RATE_STEP_MS = 20
_FRAME_RATES = range(1, 31)
_PICTURES = (MediaCodec.JPG, MediaCodec.PNG)

_AUDIO: JsonObject = {
    "content_type": MediaContentType.RAW_AUDIO,
    "sample_rate": SampleRate.KHZ_16,
    "channel": Channels.MONO,
    "codec": MediaCodec.L16,
    "data_opt": MediaDataOption.AUDIO_MIXED,
    "send_rate": _SEND_RATE_STEP_MS,
}
_VIDEO: JsonObject = {
    "content_type": MediaContentType.RAW_VIDEO,
    "codec": MediaCodec.JPG,
    "resolution": Resolution.HD,
    "data_opt": MediaDataOption.VIDEO_SINGLE_ACTIVE,
    "fps": 5,
}
_SHARE: JsonObject = {
    "content_type": MediaContentType.RAW_VIDEO,
    "codec": MediaCodec.JPG,
    "resolution": Resolution.FHD,
    "fps": 1,
}


def check_media_data(params: JsonObject, wanted: MediaType) -> JsonObject:
    """The parameters with those for sound and pictures checked, and Zoom's defaults filled in for what is wanted.

    Raises:
        RefusedError: One has a value that Zoom does not know, or that does not go with another.
    """
    filled = dict(params)
    for kind, name, check in (
        (MediaType.AUDIO, "audio", _audio),
        (MediaType.VIDEO, "video", _video),
        (MediaType.DESKSHARE, "deskshare", _share),
    ):
        if name in params or wanted & (kind | MediaType.ALL):
            filled[name] = check(params.get(name, {}))
    return filled


def _audio(params: object) -> JsonObject:
    filled = _filled(_AUDIO, params, StatusCode.INVALID_MEDIA_AUDIO_PARAMS)
    kinds = (MediaContentType.RTP, MediaContentType.RAW_AUDIO)
    _one_of(filled, "content_type", kinds, StatusCode.INVALID_MEDIA_AUDIO_CONTENT_TYPE)
    _one_of(filled, "sample_rate", SampleRate, StatusCode.INVALID_MEDIA_AUDIO_SAMPLE_RATE)
    sound = (MediaCodec.L16, MediaCodec.G711, MediaCodec.G722, MediaCodec.OPUS)
    _one_of(filled, "codec", sound, StatusCode.INVALID_MEDIA_AUDIO_CODEC)
    channels: Iterable[Channels] = Channels if filled["codec"] == MediaCodec.OPUS else (Channels.MONO,)
    _one_of(filled, "channel", channels, StatusCode.INVALID_MEDIA_AUDIO_CHANNEL)
    options = (MediaDataOption.AUDIO_MIXED, MediaDataOption.AUDIO_MULTI_STREAMS)
    _one_of(filled, "data_opt", options, StatusCode.INVALID_MEDIA_AUDIO_DATA_OPT)
    rate = filled["send_rate"]
    if type(rate) is not int or rate < _SEND_RATE_STEP_MS or rate % _SEND_RATE_STEP_MS:
        raise RefusedError(StatusCode.INVALID_MEDIA_AUDIO_SEND_RATE, "send_rate is no multiple of 20")
    return filled | {"send_rate": min(rate, LONGEST_SEND_RATE_MS)}


def _video(params: object) -> JsonObject:
    filled = _filled(_VIDEO, params, StatusCode.INVALID_MEDIA_VIDEO_PARAMS)
    content = (MediaContentType.RAW_VIDEO,)
    _one_of(filled, "content_type", content, StatusCode.INVALID_MEDIA_VIDEO_CONTENT_TYPE)
    _one_of(filled, "codec", (*_PICTURES, MediaCodec.H264), StatusCode.INVALID_MEDIA_VIDEO_CODEC)
    _one_of(filled, "resolution", Resolution, StatusCode.INVALID_MEDIA_VIDEO_RESOLUTION)
    options = (MediaDataOption.VIDEO_SINGLE_ACTIVE, MediaDataOption.VIDEO_SINGLE_INDIVIDUAL)
    _one_of(filled, "data_opt", options, StatusCode.INVALID_MEDIA_VIDEO_DATA_OPT)
    _frame_rate(filled, 5, StatusCode.INVALID_MEDIA_VIDEO_FPS)
    return filled


def _share(params: object) -> JsonObject:
    filled = _filled(_SHARE, params, StatusCode.INVALID_MEDIA_DESKSHARE_PARAMS)
    content = (MediaContentType.RAW_VIDEO,)
    _one_of(filled, "content_type", content, StatusCode.INVALID_MEDIA_DESKSHARE_CONTENT_TYPE)
    _one_of(filled, "codec", (*_PICTURES, MediaCodec.H264), StatusCode.INVALID_MEDIA_DESKSHARE_CODEC)
    _one_of(filled, "resolution", Resolution, StatusCode.INVALID_MEDIA_DESKSHARE_RESOLUTION)
    _frame_rate(filled, 1, StatusCode.INVALID_MEDIA_DESKSHARE_FPS)
    return filled


def _filled(defaults: JsonObject, params: object, status: StatusCode) -> JsonObject:
    if not isinstance(params, dict):
        raise RefusedError(status, "the parameters are not an object")
    return defaults | params


def _one_of(params: JsonObject, name: str, allowed: Iterable[int], status: StatusCode) -> None:
    if isinstance(params[name], bool) or params[name] not in list(allowed):
        raise RefusedError(status, f"{name} has no value that goes here")


def _frame_rate(params: JsonObject, most_pictures: int, status: StatusCode) -> None:
    """Pictures come seldom and H.264 often: ``most_pictures`` a second divide them."""
    fps = params["fps"]
    if type(fps) is not int or fps not in _FRAME_RATES:
        raise RefusedError(status, "fps is not 1 to 30")
    if (fps <= most_pictures) != (params["codec"] in _PICTURES):
        raise RefusedError(status, "fps does not go with the codec")
