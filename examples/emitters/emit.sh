#!/usr/bin/env bash
# State one fact to Hobnob with the `nats` command (https://github.com/nats-io/natscli): the two had coffee.
#
#     NATS_URL=… NATS_USER=… NATS_PASSWORD=… ./emit.sh         # as `hobnob emitter add NAME --owner ID` printed them
set -euo pipefail

owner="${NATS_USER%%.*}" # <owner>.<name>: who may state facts of whom
event=$(
  cat <<JSON
{
  "specversion": "1.0",
  "type": "hobnob.interaction.logged.v1",
  "source": "shell",
  "id": "coffee-$(date -u +%Y-%m-%d)",
  "time": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
  "data": {"contact": {"email": "maggie@example.org"}, "channel": "coffee", "direction": "neutral"}
}
JSON
)

# The same (source, id) again changes nothing: one coffee a day. The command reads NATS_URL, NATS_USER and NATS_PASSWORD itself.
# A request, not a plain publish: the answer is the stream's acknowledgement.
nats --inbox-prefix "_INBOX.${NATS_USER}" request "hobnob.intake.${owner}.interaction.logged" "${event}"
