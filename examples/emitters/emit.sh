#!/usr/bin/env bash
# State one fact to Hobnob with the `nats` command (https://github.com/nats-io/natscli).
#
#     NATS_URL=nats://127.0.0.1:4222 ./emit.sh
set -euo pipefail

owner="${HOBNOB_OWNER:-me}"
id="coffee-$(date -u +%Y-%m-%d)" # the same (source, id) again changes nothing: one coffee a day
event=$(
  cat <<JSON
{
  "specversion": "1.0",
  "type": "hobnob.interaction.logged.v1",
  "source": "shell",
  "id": "${id}",
  "time": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
  "data": {"contact": {"email": "maggie@example.org"}, "channel": "coffee", "direction": "neutral"}
}
JSON
)

# A request, not a plain publish: the answer is the stream's acknowledgement.
nats --server "${NATS_URL:-nats://127.0.0.1:4222}" request "hobnob.intake.${owner}.interaction.logged" "${event}"
