"""What is sealed comes back whole under the right key and label, and not at all otherwise."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vault import Content, Label, Vault, VaultError, key_id

NEW, OLD, FOREIGN = b"n" * 32, b"o" * 32, b"f" * 32
LABEL = Label("RE" + "1" * 32, "CA" + "1" * 32, Content.AUDIO)

keys = st.binary(min_size=32, max_size=32)
labels = st.builds(Label, st.text(max_size=40), st.text(max_size=40), st.sampled_from(Content))


@given(plain=st.binary(max_size=4000), ring=st.lists(keys, min_size=1, max_size=4), label=labels)
def test_what_is_sealed_comes_back(plain: bytes, ring: list[bytes], label: Label) -> None:
    vault = Vault(ring)
    sealed = vault.seal(plain, label)
    assert vault.open(sealed, label) == plain
    assert not vault.needs_rotation(sealed)
    assert len(plain) < 8 or plain not in sealed


@given(plain=st.binary(max_size=500), ring=st.lists(keys, min_size=1, max_size=4), data=st.data())
def test_every_key_of_the_ring_opens_and_rotation_leads_to_the_first(
    plain: bytes, ring: list[bytes], data: st.DataObject
) -> None:
    used = data.draw(st.sampled_from(ring))
    sealed = Vault([used]).seal(plain, LABEL)
    vault = Vault(ring)
    rotated = vault.rotate(sealed, LABEL)
    assert vault.open(sealed, LABEL) == plain
    assert Vault(ring[:1]).open(rotated, LABEL) == plain
    assert not vault.needs_rotation(rotated)
    assert vault.needs_rotation(sealed) is (used != ring[0])
    assert vault.rotate(rotated, LABEL) == rotated


@given(plain=st.binary(max_size=300), data=st.data())
def test_any_change_of_any_byte_is_noticed(plain: bytes, data: st.DataObject) -> None:
    vault = Vault([NEW, OLD])
    sealed = bytearray(vault.seal(plain, LABEL))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(VaultError):
        vault.open(bytes(sealed), LABEL)


@given(plain=st.binary(min_size=1, max_size=300), data=st.data())
def test_a_part_of_it_is_nothing(plain: bytes, data: st.DataObject) -> None:
    vault = Vault([NEW])
    sealed = vault.seal(plain, LABEL)
    with pytest.raises(VaultError):
        vault.open(sealed[: data.draw(st.integers(0, len(sealed) - 1))], LABEL)


@given(label=labels)
def test_it_opens_under_its_own_label_only(label: Label) -> None:
    sealed = Vault([NEW]).seal(b"a message", LABEL)
    if label != LABEL:
        with pytest.raises(VaultError):
            Vault([NEW]).open(sealed, label)


def test_labels_that_read_alike_are_told_apart() -> None:
    sealed = Vault([NEW]).seal(b"a message", Label("RE1", "CA1", Content.AUDIO))
    with pytest.raises(VaultError):
        Vault([NEW]).open(sealed, Label("RE1CA", "1", Content.AUDIO))


def test_a_wrong_key_is_told_in_a_sentence_without_content() -> None:
    sealed = Vault([FOREIGN]).seal(b"patient", LABEL)
    with pytest.raises(VaultError) as told:
        Vault([NEW, OLD]).open(sealed, LABEL)
    expected = hashlib.sha256(FOREIGN).hexdigest()[:8]
    assert str(told.value) == f"It was sealed with key {expected}, which is not among DATA_KEYS."
    assert key_id(sealed) == expected


def test_the_same_message_is_never_sealed_alike() -> None:
    vault = Vault([NEW])
    assert len({vault.seal(b"again", LABEL) for _ in range(200)}) == 200


def test_what_is_sealed_now_names_the_newest_key() -> None:
    vault = Vault([NEW, OLD])
    assert key_id(vault.seal(b"x", LABEL)) == vault.newest_key_id == hashlib.sha256(NEW).hexdigest()[:8]


@pytest.mark.parametrize("ring", [[], [b""], [NEW, b"short"], [b"n" * 33]])
def test_a_ring_without_a_fit_key_is_refused(ring: list[bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        Vault(ring)


def test_keys_are_not_shown() -> None:
    assert "n" * 8 not in repr(Vault([NEW]))
