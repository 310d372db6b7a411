"""`python -m services.<name> health`: what an orchestrator is told."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.health_command import tell_health


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    """Answer every request in one way; yields the port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(self.path.encode() if body == b"" else body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def ask(monkeypatch: pytest.MonkeyPatch, port: int | None, *options: str) -> int:
    """Run the command against a port."""
    monkeypatch.delenv("HOBNOB_METRICS_PORT", raising=False)
    if port is not None:
        monkeypatch.setenv("HOBNOB_METRICS_PORT", str(port))
    return tell_health("contacts", ["health", *options])


def test_the_command_says_in_one_line_how_the_service_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 and a word when it is well; 1 and what is not, when it is not."""
    with answering(200, json.dumps({"status": "ready"}).encode()) as port:
        assert ask(monkeypatch, port, "--ready") == 0
    assert capsys.readouterr().out == "contacts: ready\n"
    with answering(503, json.dumps({"status": "unavailable", "failing": {"mongodb": "away"}}).encode()) as port:
        assert ask(monkeypatch, port, "--ready") == 1
    assert capsys.readouterr().err == "contacts: not ready: mongodb: away\n"


def test_the_command_fails_where_nobody_answers_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A port that is not set, one where nobody listens, and one where somebody else does: 1, and one line without a traceback."""
    assert ask(monkeypatch, None) == 1
    assert "HOBNOB_METRICS_PORT" in capsys.readouterr().err
    with answering(200, b"not ours") as port:
        assert ask(monkeypatch, port) == 1
    assert "does not answer" in capsys.readouterr().err
    assert ask(monkeypatch, port) == 1
    assert "does not answer" in capsys.readouterr().err
    assert ask(monkeypatch, port, "--everything") == 2
