"""The key that signs session cookies and video tokens: from the settings, or made once and kept in a file that only its owner reads."""

import contextlib
import os
import secrets

from geodata.settings import Settings


def secret_key(settings: Settings) -> str:
    """Return SECRET_KEY, or the content of `secret` under the data folder, which is made when absent (mode 0600)."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / "secret"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # Two processes may start at once: the file appears whole under its name, and only the first one puts it there.
    draft = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()
