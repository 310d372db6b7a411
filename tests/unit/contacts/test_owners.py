"""What is given of an owner's settings is changed, and nothing else."""

import json
from datetime import time

import pytest
from pydantic import ValidationError

from services.contacts.use_cases.owners import with_settings
from shared.messages.rpc import OwnerSettings, SetOwner
from shared.messages.snapshots import MAX_UNKNOWN_POLICIES, OwnerProfile
from shared.messages.telling import TellingSettings
from shared.messages.values import Closeness

SAM = OwnerProfile(owner="sam", rev=1, name="Sam Sample", unknown_contacts={"crm": "park", "hr": "create"})


def test_settings_that_are_maps_are_changed_key_by_key() -> None:
    """What is not named stays."""
    settings = OwnerSettings(unknown_contacts={"hr": "park", "news": "park"}, cadence_days={Closeness.WELL: 60})
    changed = with_settings(profile=SAM, settings=settings, rev=2)
    assert changed.unknown_contacts == {"crm": "park", "hr": "park", "news": "park"}
    assert changed.cadence_days == SAM.cadence_days | {Closeness.WELL: 60}
    assert with_settings(profile=SAM, settings=OwnerSettings(), rev=1) == SAM


def test_null_takes_an_address_and_an_hour_away_and_what_is_left_out_stays() -> None:
    """Over the wire too: a request names what was given and nothing else."""
    sam = with_settings(
        profile=SAM,
        settings=OwnerSettings.model_validate({"email": "sam@example.com", "telling": {"digest_at": "07:30"}}),
        rev=2,
    )
    assert (sam.email, sam.telling.digest_at) == ("sam@example.com", time(7, 30))
    kept = SetOwner(owner="sam", settings=OwnerSettings(name="Sam", telling=TellingSettings(heartbeat_on="never")))
    assert json.loads(kept.model_dump_json())["settings"] == {"name": "Sam", "telling": {"heartbeat_on": "never"}}
    same = SetOwner.model_validate_json(kept.model_dump_json()).settings
    assert with_settings(profile=sam, settings=same, rev=3).email == "sam@example.com"
    assert with_settings(profile=sam, settings=same, rev=3).telling.digest_at == time(7, 30)
    cleared = SetOwner.model_validate({"owner": "sam", "settings": {"email": None, "telling": {"digest_at": None}}})
    given = SetOwner.model_validate_json(cleared.model_dump_json()).settings
    changed = with_settings(profile=sam, settings=given, rev=3)
    assert (changed.email, changed.telling.digest_at) == (None, None)


def test_null_leaves_every_setting_that_there_has_to_be() -> None:
    """Only an address and the hour of the daily message can be without a value."""
    nulls = dict.fromkeys(OwnerSettings.model_fields) | {"telling": dict.fromkeys(TellingSettings.model_fields)}
    assert with_settings(profile=SAM, settings=OwnerSettings.model_validate(nulls), rev=1) == SAM


def test_there_is_an_end_to_policies_for_unknown_contacts() -> None:
    """Given at once, or one after the other."""
    many = {str(n): "park" for n in range(MAX_UNKNOWN_POLICIES)}
    with pytest.raises(ValidationError, match="unknown_contacts"):
        OwnerSettings.model_validate({"unknown_contacts": many | {"one": "park"}})
    with pytest.raises(ValidationError, match="unknown_contacts"):
        with_settings(profile=SAM, settings=OwnerSettings.model_validate({"unknown_contacts": many}), rev=2)
