"""Text that a command takes: as an argument, from a file, from stdin, or from an editor."""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from cli.errors import CommandFailed
from shared.messages.rpc import Draft

FALLBACK_EDITOR = "vi"
"""What POSIX promises to be there."""


def read_text(argument: str) -> str:
    """
    Return the text that an argument means: `-` is stdin, `@FILE` a file, anything else the text itself.

    Raises:
        CommandFailed: the file cannot be read as UTF-8.
    """
    if argument != "-" and not argument.startswith("@"):
        return argument
    try:
        return read_bytes(argument).decode("utf-8")
    except UnicodeDecodeError as exc:
        raise CommandFailed(f"{argument}: the text is not UTF-8") from exc


def read_bytes(argument: str) -> bytes:
    """
    Return the bytes behind `-` or `@FILE`.

    Raises:
        CommandFailed: the file cannot be read.
    """
    if argument == "-":
        return sys.stdin.buffer.read()
    path = Path(argument.removeprefix("@"))
    try:
        return path.read_bytes()
    except OSError as exc:
        raise CommandFailed(f"{path}: {exc.strerror}") from exc


def edit_in_editor(draft: Draft) -> tuple[str, str]:
    """
    Have a draft edited in `$VISUAL` or `$EDITOR`; the first line is its subject.

    Raises:
        CommandFailed: the editor failed, or the text is empty.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or FALLBACK_EDITOR
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "greeting.txt"
        path.write_text(f"{draft.subject}\n\n{draft.body}", encoding="utf-8")
        try:
            code = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode  # noqa: S603  # the user's own editor
        except OSError as exc:
            raise CommandFailed(f"the editor {editor!r} cannot be started: {exc.strerror}") from exc
        if code:
            raise CommandFailed(f"the editor ended with code {code}; the draft is unchanged")
        text = path.read_text(encoding="utf-8")
    subject, _, body = text.partition("\n")
    if not subject.strip() or not body.strip():
        raise CommandFailed("the text needs a subject in its first line and a body below; the draft is unchanged")
    return subject.strip(), body.strip("\n")
