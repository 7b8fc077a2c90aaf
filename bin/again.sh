#!/usr/bin/env bash
# Keep one process of the product running: again.sh COMMAND…
# It is started again two seconds after it ended, until SIGTERM or SIGINT ends both. The map goes on meanwhile.
set -uo pipefail

child=
trap 'kill -TERM "$child" 2>/dev/null; wait "$child"; exit 0' TERM INT
while :; do
  "$@" & child=$!
  wait "$child"
  printf 'ended with %d, starts again\n' "$?" >&2
  sleep 2 & child=$!
  wait "$child"
done
