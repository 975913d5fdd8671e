"""The sid: the secret this client goes by, from its birth until the server forgets it. Never stored, never shown."""

from __future__ import annotations

import base64
import hashlib
import secrets

from .reading import not_beyond
from .wire import Gap


class Sid:
    """`born_at`: the cursor it was made at, None: as a newcomer. `told`: the application knows of the loss for which it
    was made.
    """

    def __init__(self, born_at: str | None = None, *, told: bool = True) -> None:
        self.value = secrets.token_urlsafe(16)
        self._born_at = born_at
        self._told = told

    @property
    def id(self) -> str:
        """The public name: what a server makes of the sid."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.value.encode()).digest()).decode()[:10]

    @property
    def bearer(self) -> dict[str, str]:
        """The headers of a request in its name."""
        return {"Authorization": f"Bearer {self.value}", "Accept": "*/*"}

    def hears(self, gap: Gap | None, asked: str | None, caught_up_to: str | None) -> tuple[Gap | None, bool]:
        """What the application is to be told of a gap, and whether the server has forgotten this sid. A sid made after
        the cursor it reads from is `away` there, as expected; until it has `caught_up_to` the end, again and again.
        """
        if gap is None:
            return None, False
        expected = gap.reason == "away" and not_beyond(asked, self._born_at)
        told, self._told = self._told, True
        if not expected:
            return gap, gap.reason in ("epoch", "away")
        if caught_up_to is not None:
            self._born_at = caught_up_to
        if not told:
            return gap, False
        return (Gap("trimmed", gap.trimmed) if gap.trimmed else None), False  # a loss beside the one it knows
