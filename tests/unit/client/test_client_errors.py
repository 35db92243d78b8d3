"""What goes wrong becomes one clear error: what the head said by its code, a lost connection in words."""

from __future__ import annotations

import socket
import threading

import pytest

from tensorfleet import errors
from tensorfleet.client.api import Client
from tensorfleet.client.problems import BY_CODE
from tensorfleet.client.transport import normal_url
from unit.client.scripted import Call, serving


@pytest.mark.parametrize("kind", sorted(BY_CODE.values(), key=lambda kind: kind.code))
def test_a_problem_becomes_the_error_of_its_code(kind: type[errors.TensorFleetError]) -> None:
    with (
        serving(lambda call: call.problem(400, kind.code, "It is so.", "Do that.")) as url,
        Client(url) as client,
        pytest.raises(errors.TensorFleetError) as caught,
    ):
        client.me()
    assert type(caught.value) is kind
    assert (caught.value.detail, caught.value.hint[:8]) == ("It is so.", "Do that.")


def test_an_unknown_code_is_known_by_its_status() -> None:
    with (
        serving(lambda call: call.problem(404, "from_the_future")) as url,
        Client(url) as client,
        pytest.raises(errors.NotFound),
    ):
        client.me()


@pytest.mark.parametrize(("status", "body"), [(404, b"<html>"), (500, b""), (302, b"")])
def test_a_web_server_that_is_no_head(status: int, body: bytes) -> None:
    with (
        serving(lambda call: call.answer(body, status)) as url,
        Client(url) as client,
        pytest.raises(errors.HeadUnreachable, match="not a TensorFleet head"),
    ):
        client.me()


def test_a_good_answer_that_is_not_ours() -> None:
    with (
        serving(lambda call: call.answer({"hello": "world"})) as url,
        Client(url) as client,
        pytest.raises(errors.Fault, match="not understood"),
    ):
        client.me()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}") as client, pytest.raises(errors.HeadUnreachable, match="refuses") as caught:
        client.me()
    assert "tensorfleet head" in caught.value.hint


def test_a_name_that_nobody_has() -> None:
    with (
        Client("http://no-such-host.invalid:7337") as client,
        pytest.raises(errors.HeadUnreachable, match="No machine is known"),
    ):
        client.me()


def test_a_port_that_speaks_something_else() -> None:
    def greet(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            connection.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=greet, args=(server,))
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with Client(url) as client, pytest.raises(errors.HeadUnreachable, match="does not speak HTTP"):
            client.stop("x")
        thread.join()


def test_https_to_a_port_without_tls() -> None:
    def act(call: Call) -> None:
        raise AssertionError("nothing readable may be sent")

    with (
        serving(act) as url,
        Client(url.replace("http:", "https:"), "secret") as client,
        pytest.raises(errors.HeadUnreachable, match="does not speak TLS"),
    ):
        client.me()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("127.0.0.1:7337", "http://127.0.0.1:7337"),
        ("localhost", "http://localhost"),
        ("head.lab:7337/", "https://head.lab:7337"),
        ("https://[::1]:1", "https://[::1]:1"),
    ],
)
def test_an_address_may_be_written_short(written: str, meant: str) -> None:
    assert normal_url(written) == meant


@pytest.mark.parametrize("wrong", ["", "ftp://x", "http://", "http://x:notaport", "http://u:p@x", "https://x/api"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(errors.InvalidRequest):
        normal_url(wrong)
