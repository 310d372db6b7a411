#!/usr/bin/env bash
# State one fact to Hobnob with nothing but curl: a person exists.
#
#     HOBNOB_URL=… HOBNOB_TOKEN=… ./emit-curl.sh               # as `hobnob emitter add NAME --owner ID` printed them
set -euo pipefail

event=$(
  cat <<JSON
{
  "specversion": "1.0",
  "type": "hobnob.contact.upserted.v1",
  "source": "https://members.example.org",
  "id": "member-4711-$(date -u +%Y-%m-%d)",
  "time": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
  "data": {"name": "Odalys Fairweather", "emails": ["odalys@example.org"], "birthday": "--02-29", "external_id": "4711"}
}
JSON
)

# The token goes through standard input: an argument would show in the list of processes.
curl --silent --show-error --fail-with-body --max-time 20 --config - --data-binary "${event}" \
  --header "Content-Type: application/cloudevents+json" "${HOBNOB_URL%/}/events" <<CURL
header = "Authorization: Bearer ${HOBNOB_TOKEN}"
CURL
echo
