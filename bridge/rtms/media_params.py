"""What is asked for on the media sockets. Pure.

Source: developers.zoom.us "RTMS media parameters".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.rtms.messages import (
    Channels,
    JsonObject,
    MediaCodec,
    MediaContentType,
    MediaDataOption,
    MediaType,
    Resolution,
    SampleRate,
    TranscriptLanguage,
)

if TYPE_CHECKING:
    from collections.abc import Collection

SEND_RATE_MS: Final = 20
"""Sound per audio packet: 50 packets a second."""
SAMPLE_RATE_HZ: Final = 16_000
"""Of sound that comes as samples."""


def audio_params(*, per_speaker: bool, opus: bool) -> JsonObject:
    """One mixed sound or one for each person, as mono samples of 16 bit at 16 kHz or as mono Opus packets."""
    return {
        "audio": {
            "content_type": MediaContentType.RAW_AUDIO,
            "sample_rate": SampleRate.KHZ_48 if opus else SampleRate.KHZ_16,
            "channel": Channels.MONO,
            "codec": MediaCodec.OPUS if opus else MediaCodec.L16,
            "data_opt": MediaDataOption.AUDIO_MULTI_STREAMS if per_speaker else MediaDataOption.AUDIO_MIXED,
            "send_rate": SEND_RATE_MS,
        }
    }


def share_params(*, png: bool) -> JsonObject:
    """The shared screen as one picture a second, which is as often as Zoom allows for pictures."""
    return {
        "deskshare": {
            "content_type": MediaContentType.RAW_VIDEO,
            "codec": MediaCodec.PNG if png else MediaCodec.JPG,
            "resolution": Resolution.FHD,
            "fps": 1,
        }
    }


def video_params() -> JsonObject:
    """Whoever speaks, as H.264."""
    return {
        "video": {
            "content_type": MediaContentType.RAW_VIDEO,
            "codec": MediaCodec.H264,
            "resolution": Resolution.HD,
            "data_opt": MediaDataOption.VIDEO_SINGLE_ACTIVE,
            "fps": 25,
        }
    }


def recorded_params(
    kinds: Collection[str], *, opus: bool, png: bool, share: bool
) -> dict[MediaType, JsonObject]:
    """The sound and pictures to ask Zoom for, with their parameters.

    Args:
        kinds: Of ``audio``, ``audio-per-speaker``, ``share`` and ``video``, those that are written down.
        opus: Sound as Opus packets instead of samples.
        png: Pictures of a shared screen as PNG instead of JPEG.
        share: Whether a route needs such pictures, written down or not.
    """
    wanted: dict[MediaType, JsonObject] = {}
    per_speaker = "audio-per-speaker" in kinds
    if per_speaker or "audio" in kinds:
        wanted[MediaType.AUDIO] = audio_params(per_speaker=per_speaker, opus=opus)
    if share or "share" in kinds:
        wanted[MediaType.DESKSHARE] = share_params(png=png)
    if "video" in kinds:
        wanted[MediaType.VIDEO] = video_params()
    return wanted


def transcript_params(language: TranscriptLanguage | None, *, detect: bool) -> JsonObject | None:
    """The parameters that ask Zoom for the transcript in a language; ``None`` for Zoom's defaults."""
    if language is None and detect:
        return None
    return {
        "transcript": {
            "content_type": MediaContentType.TEXT,
            "src_language": TranscriptLanguage.ENGLISH if language is None else language,
            "enable_lid": detect,
        }
    }
