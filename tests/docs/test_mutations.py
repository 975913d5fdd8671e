"""The mutations: each quotes the code as it is, and names a test that there is."""

from __future__ import annotations

import re
from pathlib import Path

from tests.mutations import MUTATIONS
from tests.torture.proof import BREAKAGES

ROOT = Path(__file__).resolve().parents[2]


def test_what_a_mutation_replaces_stands_in_its_file_once() -> None:
    mutations = [*MUTATIONS, *(breakage.mutation for breakage in BREAKAGES)]
    texts = {file: (ROOT / file).read_text("utf-8") for file in {one.file for one in mutations}}
    assert not [one.name for one in mutations if texts[one.file].count(one.old) != 1]
    assert not [one.name for one in mutations if one.new == one.old]


def test_mutations_have_names_of_their_own() -> None:
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS)


def test_the_test_that_must_notice_is_there() -> None:
    gone = []
    for one in MUTATIONS:
        file, _, name = one.test.partition("::")
        path = ROOT / file
        if not path.exists() or (name and path.suffix == ".py" and not defines(path, name)):
            gone.append(f"{one.name}: {one.test}")
    assert not gone


def defines(path: Path, name: str) -> bool:
    return re.search(rf"^(async )?def {re.escape(name.partition('[')[0])}\(", path.read_text("utf-8"), re.M) is not None
