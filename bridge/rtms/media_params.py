"""What is asked for on the media sockets that carry sound and pictures. Pure.

Source: developers.zoom.us "RTMS media parameters".
"""

from __future__ import annotations

from typing import Final

from bridge.rtms.messages import (
    Channels,
    JsonObject,
    MediaCodec,
    MediaContentType,
    MediaDataOption,
    Resolution,
    SampleRate,
)

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
