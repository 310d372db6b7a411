"""What is given of an owner's settings is changed, and nothing else."""

import pytest
from pydantic import ValidationError

from services.contacts.use_cases.owners import with_settings
from shared.messages.rpc import OwnerSettings
from shared.messages.snapshots import MAX_UNKNOWN_POLICIES, OwnerProfile
from shared.messages.values import Closeness

SAM = OwnerProfile(owner="sam", rev=1, name="Sam Sample", unknown_contacts={"crm": "park", "hr": "create"})


def test_settings_that_are_maps_are_changed_key_by_key() -> None:
    """What is not named stays."""
    settings = OwnerSettings(unknown_contacts={"hr": "park", "news": "park"}, cadence_days={Closeness.WELL: 60})
    changed = with_settings(profile=SAM, settings=settings, rev=2)
    assert changed.unknown_contacts == {"crm": "park", "hr": "park", "news": "park"}
    assert changed.cadence_days == SAM.cadence_days | {Closeness.WELL: 60}
    assert with_settings(profile=SAM, settings=OwnerSettings(), rev=1) == SAM


def test_there_is_an_end_to_policies_for_unknown_contacts() -> None:
    """Given at once, or one after the other."""
    many = {str(n): "park" for n in range(MAX_UNKNOWN_POLICIES)}
    with pytest.raises(ValidationError, match="unknown_contacts"):
        OwnerSettings.model_validate({"unknown_contacts": many | {"one": "park"}})
    with pytest.raises(ValidationError, match="unknown_contacts"):
        with_settings(profile=SAM, settings=OwnerSettings.model_validate({"unknown_contacts": many}), rev=2)
