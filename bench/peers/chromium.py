"""A real browser to play clients: found by its name, or left out."""

from __future__ import annotations

import os
import shutil
import subprocess

NAMES = ("chromium-headless-shell", "chromium", "google-chrome")


def path() -> str | None:
    """Where it is: LAB_CHROMIUM, or one by its usual name."""
    named = os.environ.get("LAB_CHROMIUM")
    return shutil.which(named) if named else next((found for name in NAMES if (found := shutil.which(name))), None)


def version() -> str:
    told = subprocess.run([str(path()), "--version"], capture_output=True, text=True, check=True)
    return told.stdout.strip()


def lacking() -> str:
    """Why there are no clients in a browser; "" if there are."""
    return "" if path() else "Chromium not found (scripts/get-chromium gets one): E9, E10 and E11 are left out"
