"""Every attribute of the state is in a snapshot, or here is why not: whoever adds one has to decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.log.histories import loaded, new_hub, snapshot
from tests.log.test_snapshot import ANN, BOB, busy
from transport_fallback.hub import Hub
from transport_fallback.log.audience import Audience, Highest, Room
from transport_fallback.log.claims import Claims, Kept
from transport_fallback.log.due import Due
from transport_fallback.log.largest import Largest
from transport_fallback.log.marks import Marks
from transport_fallback.log.record import Record
from transport_fallback.log.roll import Roll
from transport_fallback.log.store import Store
from transport_fallback.protocol.limits import DEFAULTS
from transport_fallback.registry.client import Client

# What a snapshot says, leaf by leaf, and the objects that are in it by their own attributes.
SAID: dict[type, set[str]] = {
    Hub: {"place", "end", "epoch", "lineage", "members"},
    Store: {"rooms", "trimmed", "_empty"},
    Audience: {"_messages", "lost"},
    Room: {"name", "members"},
    Highest: {"seq", "but", "other"},
    Record: {
        *("id", "born", "since", "secret", "touched", "apart", "joined", "stays", "doubt", "left_last"),
        *("held", "custodian", "stay", "judged", "refused", "shared", "started", "led", "unreplied"),
    },
    Claims: {"expected", "open", "results"},
    Kept: set(),
    Marks: {"_marks"},
    Roll: {"_numbers", "_last"},
    Due: {"_entries"},
    Largest: {"_sizes"},
}
WITHIN: dict[type, set[str]] = {
    Hub: {"store", "here", "marks", "results"},
    Store: {"everyone", "old", "_largest"},
    Audience: {"last", "trimmed"},
    Room: {"here"},
    Record: {"own", "claims"},
    Kept: {"_largest"},
}

AGREED = "all processes have the same, or a snapshot is refused"
FOLLOWS = "follows from what is said"
HERE = "one process's: who reads or waits there, and what it does for them"
LOCAL: dict[type, dict[str, str]] = {
    Hub: {
        **dict.fromkeys(("limits",), AGREED),
        **dict.fromkeys(("clock", "log", "process", "handlers", "watcher", "_make", "_acts"), HERE),
        **dict.fromkeys(("pressure", "turn", "_bells", "_shared", "copying"), HERE),
        "anonymous": "nobody: no item changes it",
    },
    Store: {"limits": AGREED, "keep_ms": AGREED, "bytes": FOLLOWS, "on_trim": HERE},
    Audience: {
        "_start": "where the list of those that are kept begins",
        **dict.fromkeys(("bytes", "size", "size_bounds"), FOLLOWS),
        **dict.fromkeys(("turn", "unread", "unread_bytes"), HERE),
    },
    Record: {
        "start": "the birth, until it has started; then where this process saw it begin again",
        "leading": "what it was given here, and the log has yet to say",
        "data": "what was put there is said; the rest only one process has",
        "bells": HERE,
        "__weakref__": HERE,
    },
    Claims: {
        "_kept": "that of the state",
        "_window": AGREED,
        **dict.fromkeys(("bytes", "size", "size_bounds"), FOLLOWS),
    },
    Kept: {"most": AGREED, "bytes": FOLLOWS, "on_trim": HERE},
    Marks: {"ms": AGREED, "first": "when to look, at the latest; to look sooner finds nothing"},
    Roll: {"_order": FOLLOWS},
    Due: {
        "_heap": FOLLOWS,
        "_numbers": "only their order counts, in which the entries are said",
        "first": "when to look, at the latest; to look sooner finds nothing",
    },
}


def objects(hub: Hub) -> dict[type, Any]:
    """One of each class."""
    ann = hub.members[ANN]
    assert ann.claims is not None
    store = hub.store
    return {
        Hub: hub,
        Store: store,
        Audience: store.everyone,
        Room: store.rooms["red"],
        Highest: store.everyone.last,
        Record: ann,
        Claims: ann.claims,
        Kept: hub.results,
        Marks: hub.marks,
        Roll: hub.here,
        Due: store.old,
        Largest: store._largest,
    }


def attributes(kind: type) -> set[str]:
    """Those that this class has beside those of the class above it."""
    one = objects(busy().hub)[kind]
    slots = kind.__dict__.get("__slots__")
    return set(vars(one)) if slots is None else set(slots)


@pytest.mark.parametrize("kind", SAID, ids=lambda kind: kind.__name__)
def test_of_each_attribute_it_is_decided_whether_a_snapshot_says_it(kind: type) -> None:
    said, within, local = SAID[kind], WITHIN.get(kind, set()), set(LOCAL.get(kind, {}))
    assert attributes(kind) == said | within | local
    assert len(said) + len(within) + len(local) == len(attributes(kind))


def test_what_the_registry_adds_to_a_record_is_its_processes_own() -> None:
    assert Client.__slots__ == tuple(sorted(Client.__slots__)) and not set(Client.__slots__) & SAID[Record]


def other(value: Any) -> Any:
    """A value of the same kind that is another."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, bytes):
        return value + b"x"
    if isinstance(value, int):
        return value + 1
    if value is None:
        return BOB
    if isinstance(value, tuple | list):
        return value[1:] if value else type(value)(["red"])
    return {key: value[key] for key in [*value][1:]} if value else {"e0": 1}


# Where any other value would be none that the state can have.
CHANGES: dict[tuple[type, str], Callable[[Any], object]] = {
    (Record, "stays"): lambda ann: setattr(ann, "stays", ann.hub.members[BOB].stays),
    (Claims, "results"): lambda claims: claims._kept._largest.first().drop_until(9),
    (Store, "_empty"): lambda store: store._empty.clear(),
    (Marks, "_marks"): lambda marks: marks._marks.update(cy=("gone", "bye", 0.0)),
    (Due, "_entries"): lambda due: due._entries.popitem(),
    (Store, "rooms"): lambda store: store.rooms.update(new=Room("new")),
    (Audience, "_messages"): lambda everyone: everyone.trim(),
    (Hub, "members"): lambda hub: hub.members.update(cy=Record("cy")),
    (Largest, "_sizes"): lambda largest: largest._sizes.pop(max(largest._sizes)),
}


LEAVES = [(kind, name) for kind in SAID for name in sorted(SAID[kind])]


@pytest.mark.parametrize(("kind", "name"), LEAVES, ids=lambda one: getattr(one, "__name__", one))
def test_what_is_said_is_said(kind: type, name: str) -> None:
    """Where this attribute is another, the snapshot is."""
    hub = busy().hub
    before, one = snapshot(hub), objects(hub)[kind]
    if (kind, name) in CHANGES:
        CHANGES[kind, name](one)
    else:
        setattr(one, name, other(getattr(one, name)))
    assert snapshot(hub) != before


def test_what_only_one_process_has_is_not_said() -> None:
    hub = busy().hub
    before = snapshot(hub)
    for member in hub.members.values():
        member.start, member.leading, member.data = None, (1, 2), {}
    hub.store.everyone.unread, hub.marks.first, hub.store.old.first = 7, 0.0, 0.0
    hub.read(hub.members[ANN], hub.last_seen_by(hub.members[ANN]))
    assert snapshot(hub) == before == snapshot(loaded(before, DEFAULTS)) and new_hub(DEFAULTS).place == 0
