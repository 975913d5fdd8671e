"""Other machines, in Chinese."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "{claim} there: {verdict}": "{claim} 在那里{verdict}",
    "On another machine ({runs}) all of {all} claims come to the same verdict.": (
        "另一台机器（{runs}）上，{all} 条论断的结论全都相同。"
    ),
    "On another machine ({runs}) {same} of {all} claims come to the same verdict. {others}.": (
        "另一台机器（{runs}）上，{all} 条论断中 {same} 条结论相同。{others}。"
    ),
}
