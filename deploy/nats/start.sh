#!/bin/sh
# Starts nats-server in a container. Passwords come from the files in /run/secrets and go into the environment of this process
# alone, where nats.conf looks for them: a container's own environment is for everybody to see who may inspect it.
set -eu

secret() {
  test -s "/run/secrets/$1" || { echo "nats: the secret $1 is missing or empty; make it with: make secrets" >&2; exit 1; }
  cat "/run/secrets/$1"
}

HOBNOB_NATS_CONTACTS_PASSWORD=$(secret nats_contacts)
HOBNOB_NATS_SCHEDULER_PASSWORD=$(secret nats_scheduler)
HOBNOB_NATS_NOTIFIER_PASSWORD=$(secret nats_notifier)
HOBNOB_NATS_OPERATOR_PASSWORD=$(secret nats_operator)
HOBNOB_DOORKEEPER_PASSWORD=$(secret nats_doorkeeper)
HOBNOB_NATS_ISSUER=$(secret nats_issuer)
export HOBNOB_NATS_CONTACTS_PASSWORD HOBNOB_NATS_SCHEDULER_PASSWORD HOBNOB_NATS_NOTIFIER_PASSWORD
export HOBNOB_NATS_OPERATOR_PASSWORD HOBNOB_DOORKEEPER_PASSWORD HOBNOB_NATS_ISSUER

# One broker among several: HOBNOB_NATS_PEERS names all of them, as HOST:PORT with spaces in between.
configuration=compose.conf
if test -n "${HOBNOB_NATS_PEERS:-}"; then
  configuration=compose.cluster.conf
  HOBNOB_NATS_ROUTES_PASSWORD=$(secret nats_routes)
  routes=
  for peer in $HOBNOB_NATS_PEERS; do
    routes="$routes${routes:+, }\"nats://routes:$HOBNOB_NATS_ROUTES_PASSWORD@$peer\""
  done
  HOBNOB_NATS_ROUTES="[$routes]"
  export HOBNOB_NATS_ROUTES HOBNOB_NATS_ROUTES_PASSWORD
fi

exec nats-server -c "/etc/hobnob/$configuration"
