"""The simulated cameras of the sample city (media/sample_cameras.py): plain RTSP on the loopback interface, two profiles each."""

from media.sources.base import Profile, Pull, SourceError, Turn
from media.sources.rtsp import RtspSource


class SampleSource(RtspSource):
    """References are camera ids. `port`: where the simulated cameras answer."""

    def __init__(self, port: int) -> None:
        super().__init__(f"rtsp://127.0.0.1:{port}")

    async def live(self, ref: str, profile: Profile) -> Pull:
        """Return the mount of this camera and profile.

        Raises:
            SourceError: not_found, when the reference is no camera id.
        """
        if not (ref.isascii() and ref.isdigit()):
            raise SourceError("not_found", "the reference is no simulated camera")
        return await super().live(f"{ref}/{profile}", profile)

    async def ptz(self, ref: str, action: Turn, speed: int) -> None:  # noqa: ARG002 - refused whatever is asked
        """Raise SourceError: the simulated cameras stand still."""
        raise SourceError("unsupported", "simulated cameras cannot be turned")
