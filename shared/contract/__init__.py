"""
The contract as documents: JSON Schemas, AsyncAPI, `docs/events.md` and the page at `/asyncapi`, all made from the models.

`python -m shared.contract` (`make contract`) writes them into `docs/`; `--check` says whether they are up to date and
whether a change of a model breaks messages that exist already. Nothing here runs while messages are handled.
"""

from typing import Final

CONTRACT_VERSION: Final = "1.0.0"
"""Of the contract as a whole: the first number is that of the messages, the others count what was added."""
