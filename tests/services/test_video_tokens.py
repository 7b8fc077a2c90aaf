from datetime import UTC, datetime, timedelta

import pytest

from geodata.errors import NotAllowedError
from services.video_rights import Mode
from services.video_tokens import Grant, Signer

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LIVE = Grant(camera_id=17, account_id=3, username="zhang", mode=Mode.LIVE, access_id=99, issued_at=NOW)
REPLAY = Grant(
    camera_id=17, account_id=3, username="zhang", mode=Mode.REPLAY, access_id=99, issued_at=NOW, start=NOW - timedelta(hours=1), end=NOW
)
SIGNER = Signer("a secret of the product")


def test_a_token_says_what_was_granted() -> None:
    assert SIGNER.open(SIGNER.sign(LIVE), NOW, Mode.LIVE) == LIVE
    assert SIGNER.open(SIGNER.sign(REPLAY), NOW, Mode.REPLAY) == REPLAY


def test_a_live_token_opens_for_a_minute_and_a_replay_for_two_hours() -> None:
    live, replay = SIGNER.sign(LIVE), SIGNER.sign(REPLAY)
    SIGNER.open(live, NOW + timedelta(seconds=59), Mode.LIVE)
    with pytest.raises(NotAllowedError, match="expired"):
        SIGNER.open(live, NOW + timedelta(seconds=60), Mode.LIVE)
    SIGNER.open(replay, NOW + timedelta(minutes=119), Mode.REPLAY)
    with pytest.raises(NotAllowedError, match="expired"):
        SIGNER.open(replay, NOW + timedelta(hours=2), Mode.REPLAY)


def test_a_token_of_the_future_opens_nothing() -> None:
    with pytest.raises(NotAllowedError):
        SIGNER.open(SIGNER.sign(LIVE), NOW - timedelta(minutes=1), Mode.LIVE)


@pytest.mark.parametrize("token", ["", "zzz", "e30", "." * 50, "a" * 5_000, "ÿ€", "eyJjIjoxfQ.AAAA"])
def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    with pytest.raises(NotAllowedError):
        SIGNER.open(token, NOW, Mode.LIVE)


def test_a_changed_token_is_refused_at_every_character() -> None:
    token = SIGNER.sign(LIVE)
    for at in range(0, len(token), 7):
        other = "A" if token[at] != "A" else "B"
        with pytest.raises(NotAllowedError):
            SIGNER.open(token[:at] + other + token[at + 1 :], NOW, Mode.LIVE)


def test_a_token_of_another_key_or_for_another_way_is_refused() -> None:
    with pytest.raises(NotAllowedError):
        Signer("another secret").open(SIGNER.sign(LIVE), NOW, Mode.LIVE)
    with pytest.raises(NotAllowedError, match="live"):
        SIGNER.open(SIGNER.sign(LIVE), NOW, Mode.REPLAY)
