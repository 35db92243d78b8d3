"""Which head: flags, then environment, then what login saved, then the head of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tensorfleet.client.locate import locate
from tensorfleet.config.client import ClientSettings, save_client
from tensorfleet.errors import HeadUnreachable, InvalidRequest

OWN = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("TENSORFLEET_URL", "TENSORFLEET_API_KEY", "TENSORFLEET_CA", "TENSORFLEET_DATA_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def run_head(folder: Path, url: str = OWN, key: str = "own-key") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "head.json").write_text(json.dumps({"url": url, "pid": 1, "version": "9.9"}))
    (folder / "admin.key").write_text(key + "\n")


def test_nobody_says_which_head() -> None:
    with pytest.raises(HeadUnreachable, match="No head is known") as caught:
        locate()
    assert "tensorfleet head" in caught.value.hint


def test_the_head_of_this_machine_needs_no_words(home: Path) -> None:
    run_head(home / ".local/share/tensorfleet")
    found = locate()
    assert (found.url, found.api_key, found.ca) == (OWN, "own-key", "")
    assert "own-key" not in repr(found)


def test_its_ca_is_pinned_where_it_speaks_tls(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORFLEET_DATA_DIR", str(home / "d"))
    run_head(home / "d", "https://10.0.0.5:7337")
    (home / "d" / "ca.pem").write_text("")
    assert locate().ca == str(home / "d" / "ca.pem")


def test_saved_goes_before_own_and_environment_before_saved(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_head(home / ".local/share/tensorfleet")
    place = save_client(ClientSettings("https://saved:1", 'sa"ved', "/ca.pem"))
    assert place.stat().st_mode & 0o777 == 0o600
    assert (locate().url, locate().api_key, locate().ca) == ("https://saved:1", 'sa"ved', "/ca.pem")
    monkeypatch.setenv("TENSORFLEET_URL", "https://env:1")
    monkeypatch.setenv("TENSORFLEET_API_KEY", "env-key")
    assert (locate().url, locate().api_key) == ("https://env:1", "env-key")
    assert (locate("https://flag:1", "flag").url, locate("https://flag:1", "flag").api_key) == (
        "https://flag:1",
        "flag",
    )


def test_a_saved_key_never_goes_to_another_head(home: Path) -> None:
    save_client(ClientSettings("https://saved:1", "saved-key", "/ca.pem"))
    run_head(home / ".local/share/tensorfleet")
    assert (locate("https://other:1").api_key, locate("https://other:1").ca) == ("", "")
    assert locate("https://saved:1/").api_key == "saved-key"
    assert locate(OWN + "/").api_key == "own-key"


def test_a_damaged_file_is_one_sentence(home: Path) -> None:
    (home / ".config/tensorfleet").mkdir(parents=True)
    (home / ".config/tensorfleet/config.toml").write_text("url = [")
    with pytest.raises(InvalidRequest, match="is not TOML"):
        locate()
