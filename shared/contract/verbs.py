"""
The requests that services answer, each with its message and the reply.

Replies are told apart by their `type`, and several requests share one; so a reply is named by its type.
"""

from dataclasses import dataclass
from typing import Final

from shared.contract.entries import PROGRESS, Entry
from shared.messages import access, backup, curation, rpc, telling
from shared.messages.imports import ImportPage, ImportProgress
from shared.messages.values import Message

SERVICES: Final = ("contacts", "scheduler", "notifier")
"""All three answer `health`."""

ERROR: Final = Entry(name="rpc.reply.error.v1", title="error", model=rpc.Err)

_REPLIES: Final[tuple[type[Message], ...]] = (
    rpc.Ok,
    rpc.HealthReply,
    rpc.ContactReply,
    rpc.ContactPage,
    rpc.FactParked,
    rpc.FactPage,
    rpc.ParkedCount,
    curation.MergeReply,
    curation.Forgotten,
    curation.Erased,
    curation.Provenance,
    ImportPage,
    rpc.OwnerReply,
    rpc.OwnerList,
    rpc.InboxPage,
    rpc.ItemReply,
    rpc.StandardSent,
    rpc.UpcomingPage,
    rpc.DraftPreviews,
    access.CredentialIssued,
    access.CredentialPage,
    access.SignInLinkIssued,
    access.FeedIssued,
    telling.ChannelReply,
    telling.ChannelList,
    telling.DigestReply,
    telling.Diagnosis,
    telling.Rebuilt,
    backup.StoreDescription,
    backup.StorePage,
)


def _reply(model: type[Message]) -> Entry:
    tag: str = model.model_fields["type"].default
    return Entry(name=f"rpc.reply.{tag}.v1", title=tag, model=model)


REPLIES: Final[dict[type[Message], Entry]] = {model: _reply(model) for model in _REPLIES} | {ImportProgress: PROGRESS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """
    One request: `hobnob.rpc.<service>.<verb>`, and its replies, any of which may come; `ERROR` may always.

    For `health`, `service` is None: every service answers it.
    """

    service: str | None
    verb: str
    request: Entry
    replies: tuple[Entry, ...]


def _verb(service: str | None, verb: str, request: type[Message], *replies: type[Message]) -> Verb:
    family = f"{service}.{verb}" if service else verb
    entry = Entry(name=f"rpc.{family}.request.v1", title=family, model=request)
    return Verb(service=service, verb=verb, request=entry, replies=tuple(REPLIES[reply] for reply in replies))


def _backup(service: str) -> tuple[Verb, ...]:
    return (
        _verb(service, "backup.describe", backup.DescribeStore, backup.StoreDescription),
        _verb(service, "backup.read", backup.ReadStore, backup.StorePage),
        _verb(service, "backup.clear", backup.ClearStore, rpc.Ok),
        _verb(service, "backup.write", backup.WriteStore, rpc.Ok),
        _verb(service, "backup.finish", backup.FinishStore, rpc.Ok),
    )


VERBS: Final = (
    _verb(None, "health", rpc.GetHealth, rpc.HealthReply),
    _verb("contacts", "get", rpc.GetContact, rpc.ContactReply),
    _verb("contacts", "list", rpc.ListContacts, rpc.ContactPage),
    _verb("contacts", "apply", rpc.ApplyFact, rpc.ContactReply, rpc.FactParked),
    _verb("contacts", "forget", rpc.ForgetContact, curation.Forgotten),
    _verb("contacts", "merge", curation.MergeContacts, curation.MergeReply),
    _verb("contacts", "provenance", curation.GetProvenance, curation.Provenance),
    _verb("contacts", "facts.list", rpc.ListFacts, rpc.FactPage),
    _verb("contacts", "parked.count", rpc.CountParked, rpc.ParkedCount),
    _verb("contacts", "import.get", rpc.GetImport, ImportProgress),
    _verb("contacts", "import.list", rpc.ListImports, ImportPage),
    _verb("contacts", "owner.add", rpc.AddOwner, rpc.OwnerReply),
    _verb("contacts", "owner.set", rpc.SetOwner, rpc.OwnerReply),
    _verb("contacts", "owner.list", rpc.ListOwners, rpc.OwnerList),
    _verb("contacts", "rebuild", telling.Rebuild, telling.Rebuilt),
    _verb("scheduler", "rebuild", telling.Rebuild, telling.Rebuilt),
    _verb("scheduler", "erase", curation.EraseContact, curation.Erased),
    _verb("notifier", "erase", curation.EraseContact, curation.Erased),
    _verb("notifier", "inbox.list", rpc.ListInbox, rpc.InboxPage),
    _verb("notifier", "inbox.send", rpc.SendItem, rpc.ItemReply),
    _verb("notifier", "inbox.send_all", rpc.SendStandard, rpc.StandardSent),
    _verb("notifier", "inbox.undo", rpc.ItemAction, rpc.ItemReply),
    _verb("notifier", "inbox.mark_sent", rpc.ItemAction, rpc.ItemReply),
    _verb("notifier", "inbox.edit", rpc.EditItem, rpc.ItemReply),
    _verb("notifier", "inbox.snooze", rpc.SnoozeItem, rpc.ItemReply),
    _verb("notifier", "inbox.dismiss", rpc.ItemAction, rpc.ItemReply),
    _verb("notifier", "inbox.not_this_person", rpc.ItemAction, rpc.ItemReply),
    _verb("notifier", "inbox.fix_date", rpc.FixDate, rpc.ItemReply),
    _verb("notifier", "upcoming", rpc.ListUpcoming, rpc.UpcomingPage),
    _verb("notifier", "draft.preview", rpc.PreviewDraft, rpc.DraftPreviews),
    _verb("notifier", "credential.issue", access.IssueCredential, access.CredentialIssued),
    _verb("notifier", "credential.list", access.ListCredentials, access.CredentialPage),
    _verb("notifier", "credential.revoke", access.RevokeCredential, rpc.Ok),
    _verb("notifier", "feed.issue", access.IssueFeed, access.FeedIssued),
    _verb("notifier", "signin.link", access.SignInLink, access.SignInLinkIssued),
    _verb("notifier", "signin.password", access.SetPassword, rpc.Ok),
    _verb("notifier", "channel.add", telling.AddChannel, telling.ChannelReply),
    _verb("notifier", "channel.list", telling.ListChannels, telling.ChannelList),
    _verb("notifier", "channel.test", telling.ChannelAction, telling.ChannelReply),
    _verb("notifier", "channel.remove", telling.ChannelAction, telling.ChannelReply),
    _verb("notifier", "digest.preview", telling.AskDigest, telling.DigestReply),
    _verb("notifier", "digest.send", telling.AskDigest, telling.DigestReply),
    _verb("notifier", "diagnose", telling.Diagnose, telling.Diagnosis),
    *_backup("contacts"),
    *_backup("notifier"),
)
