"""The bar that shows how far a backup or a restore is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.output import notices

OnProgress = Callable[[int, int], None]
"""Is told what is done, and of how much."""


@contextmanager
def bar(title: str) -> Iterator[OnProgress]:
    """Show a bar on a terminal, and nothing anywhere else."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=notices()) as progress:
        progress.disable = progress.disable or not progress.console.is_terminal
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
