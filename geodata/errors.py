"""What can go wrong, without a word about HTTP: tiles/ and api/ map these to status codes, callbacks/ to a line for the reader."""


class HallError(Exception):
    """Base of every error that this product raises on purpose."""


class InvalidInputError(HallError):
    """The caller's value cannot be used; the message says which and why."""


class UnknownLayerError(HallError):
    """No layer has this key, or the reader may not know that it exists."""


class NotFoundError(HallError):
    """No such row, or none that the reader may see."""


class NotSignedInError(HallError):
    """The request carries no valid session or token."""


class NotAllowedError(HallError):
    """The reader is known but has no right to this."""


class ConflictError(HallError):
    """Somebody else was first, or the thing is in a state that does not allow it. `version` is the present one, where there is one."""

    def __init__(self, message: str, *, version: int | None = None) -> None:
        super().__init__(message)
        self.version = version


class SourceUnavailableError(HallError):
    """The database did not answer in time."""


class BusyError(SourceUnavailableError):
    """Two transactions waited for each other and this one was ended: it can be done again at once."""


class SetupError(HallError):
    """The machine or its settings do not allow to go on; the message says what to do."""
