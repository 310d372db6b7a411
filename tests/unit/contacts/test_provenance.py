"""Each shown value is traced to the statement that decided it."""

from functools import reduce

from services.contacts.domain.provenance import decided, stated_by
from services.contacts.domain.state import EMPTY, State, join
from services.contacts.domain.statements import stamp_of, state_of
from shared.messages.cloudevents import Fact
from tests.unit.contacts.facts import fact, upserted

OLD = upserted(name="Ann", emails=["ann@example.com"], birthday="--03-04", id="old", day=1)
NEW = upserted(
    name="Ann Doe", emails=["ann@example.com"], tags=["choir"], dates=[{"label": "Wedding", "on": "2010-06-07"}], day=2
)
JOB = fact("job.changed", {"contact": {"email": "ann@example.com"}, "company": "ACME", "title": "CTO"}, day=3)
MET = fact("interaction.logged", {"contact": {"email": "ann@example.com"}}, day=4)


def known(*facts: Fact) -> State:
    """Return what facts say together."""
    return reduce(join, map(state_of, facts), EMPTY)


def test_each_value_names_the_fact_that_decided_it() -> None:
    """Of one field the last statement, of a list each entry by itself, of jobs and interactions the newest."""
    found = {each.field: (each.value, each.stamp) for each in decided(known(MET, NEW, JOB, OLD))}
    assert found == {
        "name": ("Ann Doe", stamp_of(NEW)),
        "birthday": ("--03-04", stamp_of(OLD)),
        "tags": (["choir"], stamp_of(NEW)),
        "emails.ann@example.com": ("ann@example.com", stamp_of(NEW)),
        "dates.Wedding": ("2010-06-07", stamp_of(NEW)),
        "job": ({"company": "ACME", "title": "CTO"}, stamp_of(JOB)),
        "last_contact_at": (MET.occurred_at.isoformat().replace("+00:00", "Z"), stamp_of(MET)),
    }


def test_what_a_fact_only_referred_by_was_decided_by_nobody() -> None:
    """An address by which somebody was named is known, and no statement of theirs."""
    found = {each.field: each.stamp for each in decided(known(MET))}
    assert found["emails.ann@example.com"] is None


def test_what_was_taken_away_is_not_shown() -> None:
    """Neither a cleared field nor a removed entry."""
    gone = upserted(
        contact={"email": "ann@example.com"},
        cleared=["birthday"],
        removed_dates=["Wedding"],
        removed_emails=["ann@example.com"],
        day=5,
    )
    fields = {each.field for each in decided(known(OLD, NEW, gone))}
    assert fields == {"name", "tags"}


def test_the_data_of_a_fact_says_what_it_says_and_no_more() -> None:
    """Only what was stated; a job as one value; nothing of facts that are no person."""
    assert stated_by(OLD.name, OLD.raw) == {"name": "Ann", "birthday": "--03-04"}
    person = upserted(name="Ann", company="ACME", started_on="2020-01")
    assert stated_by(person.name, person.raw) == {"name": "Ann", "job": {"company": "ACME", "started_on": "2020-01"}}
    assert stated_by(MET.name, MET.raw) == {}
