"""`hobnob draft`: what greetings say, before there is anybody to greet."""

from typing import Annotated

import typer
from rich.panel import Panel

from cli.client import call, dump
from cli.options import AsJson, Data, Owner
from cli.output import notices, print_json, safe, say, screen
from cli.validation import valid
from shared.messages.rpc import DraftPreview, DraftPreviews, PreviewDraft, TemplateProblem
from shared.messages.values import Closeness, Occasion

app = typer.Typer(help="Drafts and their templates: preview.", no_args_is_help=True)


@app.callback()
def _group(data: Data = None) -> None:
    """See what greetings say, and what is wrong with your own templates."""


@app.command("preview")
def preview(
    data: Data = None,
    owner: Owner = "me",
    occasion: Annotated[Occasion | None, typer.Option(help="Why the greeting is sent.", show_default="every one")] = None,
    closeness: Annotated[Closeness | None, typer.Option(help="How well you know them.", show_default="theirs, or well")] = None,
    language: Annotated[str | None, typer.Option(help="Such as fr.", show_default="theirs, or yours")] = None,
    contact: Annotated[str | None, typer.Option(metavar="ID", help="To whom.", show_default="somebody made up")] = None,
    belated: Annotated[bool, typer.Option("--belated", help="As if its day had passed.")] = False,
    milestone: Annotated[int | None, typer.Option(min=1, max=150, help="Age or years.", show_default="unknown")] = None,
    unconfirmed: Annotated[bool, typer.Option("--unconfirmed", help="As if nobody had stated the new job.")] = False,
    variant: Annotated[str | None, typer.Option(metavar="NAME", help="This variant only, such as 2.")] = None,
    every_variant: Annotated[bool, typer.Option("--all", help="Every variant, in every tone and language not named.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show drafts as they would be written now, and list templates of yours that are broken."""
    request = valid(
        PreviewDraft,
        {
            "owner": owner,
            "occasion": occasion,
            "closeness": closeness,
            "language": language,
            "contact": contact,
            "belated": belated,
            "milestone": milestone,
            "unconfirmed": unconfirmed,
            "variant": variant,
            "every_variant": every_variant,
        },
    )
    found = call(data, lambda hobnob: hobnob.ask("notifier", "draft.preview", request, DraftPreviews))
    if as_json:
        document = dump(found)
        print_json({"previews": document["previews"], "problems": document["problems"]})
        return
    show_previews(found.previews)
    show_problems(found.problems)


def show_previews(previews: tuple[DraftPreview, ...]) -> None:
    """Print each draft as a panel under its template's name."""
    if not previews:
        say("There is no draft for this occasion.")
    for each in previews:
        screen().print(
            Panel(
                safe(f"{each.draft.subject}\n\n{each.draft.body.strip()}"),
                title=safe(f"{each.occasion.value.replace('_', ' ')}, {each.closeness}", style="bold"),
                title_align="left",
                subtitle=safe(each.variant, style="dim"),
                subtitle_align="left",
                padding=(0, 1),
            )
        )
        for line in each.common_ground:
            screen().print(safe(f"  · {line}", style="dim"))


def show_problems(problems: tuple[TemplateProblem, ...]) -> None:
    """Print on stderr which files cannot be used, where in them and why."""
    for each in problems:
        place = f"{each.file}:{each.line}" if each.line else each.file
        notices().print(safe(f"{place}: {each.reason}", style="red"), soft_wrap=True)
