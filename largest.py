"""The largest audience, found without a look at every one."""

from __future__ import annotations

import math

from audience import Audience

STEPS = 8  # to a doubling: what is found is less than a tenth smaller than the largest


class Largest:
    """Audiences by their bytes. Who changes one says so."""

    def __init__(self) -> None:
        self._sizes: dict[int, dict[Audience, None]] = {}

    def sized(self, audience: Audience) -> None:
        """It has grown or shrunk."""
        least, less = audience.size_bounds
        if least <= audience.bytes < less:
            return
        self.discard(audience)
        if audience.bytes:
            size = audience.size = int(math.log2(audience.bytes) * STEPS)
            audience.size_bounds = (2 ** (size / STEPS), 2 ** ((size + 1) / STEPS))
            self._sizes.setdefault(size, {})[audience] = None

    def discard(self, audience: Audience) -> None:
        same = self._sizes.get(audience.size, {})
        same.pop(audience, None)
        if not same:
            self._sizes.pop(audience.size, None)
        audience.size, audience.size_bounds = -1, (0, 1)

    def first(self) -> Audience:
        return next(iter(self._sizes[max(self._sizes)]))
