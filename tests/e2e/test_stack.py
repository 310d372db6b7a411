"""The local stack itself: one per folder, kept alive, ended without a trace."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import psutil

from tests.e2e.conftest import HOBNOB, Stack, clean_environment, running_stack, wait_for
from tests.servers import mongod, nats_server

NAMES = ["nats", "mongo", "contacts", "scheduler", "notifier"]


def processes_using(folder: Path) -> list[str]:
    """Return the command lines and environments that mention a folder, this test's own excepted."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.environ().get("HOBNOB_NATS_URL", "")]
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if process.pid != os.getpid() and any(str(folder) in word for word in words):
            found.append(" ".join(words))
    return found


def test_status_names_the_five_processes(stack: Stack) -> None:
    """`status --json` has exactly the documented shape."""
    status = stack.json("status")
    assert list(status) == ["state", "nats_url", "http_url", "processes", "dead_letters"]
    assert (status["state"], [p["name"] for p in status["processes"]]) == ("running", NAMES)
    assert all(list(p) == ["name", "pid", "state", "restarts"] for p in status["processes"])
    assert {p["state"] for p in status["processes"]} == {"running"}


def test_a_second_up_is_refused(stack: Stack) -> None:
    """A second `up` on the same folder says who runs there, exits 1, and leaves the first one alone."""
    before = stack.processes()
    pid = json.loads((stack.folder / "stack.json").read_text())["supervisor"]["pid"]
    for arguments in (("up", "--detach"), ("up",)):
        outcome = stack.run(*arguments, code=1)
        assert f"pid {pid}" in outcome.stderr
        assert len(outcome.stderr.splitlines()) == 1
    assert stack.processes() == before


def test_a_crashed_child_is_restarted_and_reported(own_stack: Stack) -> None:
    """Each of the five processes comes back after `kill -9`, is counted in `status`, and the stack works again."""
    owner = own_stack.add_owner()
    for name in NAMES:
        victim = own_stack.processes()[name]
        os.kill(victim["pid"], signal.SIGKILL)

        def is_back(name: str = name, old: dict[str, Any] = victim) -> bool:
            now = own_stack.processes()[name]
            return bool(now["state"] == "running" and now["pid"] != old["pid"] and now["restarts"] == old["restarts"] + 1)

        wait_for(is_back)
    own_stack.run("emit", "connection.accepted", "--owner", owner, "--now", "--data", '{"name": "Still Here"}')
    wait_for(lambda: "Still Here" in own_stack.attempt("inbox", "list", "--owner", owner).stdout, within_s=60)
    assert '"process_ended"' in (own_stack.folder / "logs" / "stack.log").read_text()


def test_down_leaves_no_process_and_up_keeps_the_data(tmp_path: Path) -> None:
    """After `down` nothing of the stack runs; the next `up` takes the same ports and has the same people."""
    stack = Stack(tmp_path / "kept")
    stack.run("up", "--detach", "--port", "0")
    first = stack.json("status")
    stack.run("emit", "contact.upserted", "--data", '{"name": "Kept Person"}')
    wait_for(lambda: stack.json("contacts", "list"))
    stack.run("down")
    assert processes_using(stack.folder) == []
    assert not any(psutil.pid_exists(process["pid"]) for process in first["processes"])
    assert stack.json("status")["state"] == "stopped"
    assert "no stack runs" in stack.run("contacts", "list", code=1).stderr
    for again in running_stack(stack.folder):
        second = again.json("status")
        assert (second["nats_url"], second["http_url"]) == (first["nats_url"], first["http_url"])
        assert [person["name"] for person in again.json("contacts", "list")] == ["Kept Person"]


def test_a_killed_supervisor_leaves_no_orphans(tmp_path: Path) -> None:
    """After `kill -9` of the supervisor `status` says so, and the next `up` works on the same folder."""
    stack = Stack(tmp_path / "killed")
    stack.run("up", "--detach", "--port", "0")
    pids = [process["pid"] for process in stack.processes().values()]
    os.kill(json.loads((stack.folder / "stack.json").read_text())["supervisor"]["pid"], signal.SIGKILL)
    wait_for(lambda: stack.json("status")["state"] == "crashed")
    for again in running_stack(stack.folder):
        assert set(pids).isdisjoint(process["pid"] for process in again.processes().values())
        assert not any(psutil.pid_exists(pid) for pid in pids)


def test_ctrl_c_stops_a_stack_in_the_foreground(tmp_path: Path) -> None:
    """In the foreground `up` shows the inbox and what to type next; Ctrl-C ends everything, in order, with code 0."""
    folder = tmp_path / "front"
    process = subprocess.Popen(
        [str(HOBNOB), "up", "--data", str(folder), "--port", "0", "--sample"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment(),
    )
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if "Ctrl-C" in line:
            break
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, printed + rest
    assert "Happy" in printed
    assert "hobnob inbox list" in printed
    assert "Stopped." in rest
    assert processes_using(folder) == []


def test_a_part_that_cannot_start_is_explained(tmp_path: Path) -> None:
    """When a part does not come up, `up` says which and why, exits 1, and leaves nothing running."""
    programs, folder = tmp_path / "programs", tmp_path / "broken"
    programs.mkdir()
    mongod = programs / "mongod"
    mongod.write_text("#!/bin/sh\necho the disk is full\nexit 14\n")
    mongod.chmod(0o755)
    stack = Stack(folder)
    outcome = stack.attempt("up", "--detach", "--port", "0", environment={"PATH": f"{programs}:{os.environ['PATH']}"})
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("hobnob: mongo ended")
    assert "the disk is full" in outcome.stderr
    assert processes_using(folder) == []
    assert stack.json("status")["state"] == "failed"


def test_a_taken_port_is_refused(stack: Stack, tmp_path: Path) -> None:
    """A port that was asked for by number and is taken is an error in one line, not another port."""
    port = stack.json("status")["http_url"].rpartition(":")[2]
    outcome = Stack(tmp_path / "other").run("up", "--detach", "--port", port, code=1)
    assert outcome.stderr.startswith(f"hobnob: port {port} is taken")
    assert len(outcome.stderr.splitlines()) == 1


def test_servers_of_the_environment_are_used_and_left_alone(tmp_path: Path) -> None:
    """With both URLs in the environment `up` starts the services alone, and `down` leaves the servers running."""
    stack = Stack(tmp_path / "external")
    with nats_server(tmp_path) as nats_url, mongod(tmp_path) as mongo_url:
        environment = {"HOBNOB_NATS_URL": nats_url, "HOBNOB_MONGO_URL": mongo_url}
        outcome = stack.attempt("up", "--detach", "--port", "0", environment=environment)
        assert outcome.returncode == 0, outcome.stderr
        processes = stack.processes()
        assert {name: process["state"] for name, process in processes.items()} == {
            "nats": "external",
            "mongo": "external",
            "contacts": "running",
            "scheduler": "running",
            "notifier": "running",
        }
        assert mongo_url not in (stack.folder / "stack.json").read_text()
        stack.run("emit", "contact.upserted", "--data", '{"name": "Elsewhere Kept"}')
        wait_for(lambda: stack.json("contacts", "list"))
        stack.run("down")
        assert not any(psutil.pid_exists(process["pid"]) for process in processes.values() if process["pid"])
        for url in (nats_url, mongo_url):
            host, port = url.rpartition("/")[2].split(":")
            socket.create_connection((host, int(port)), timeout=5).close()
