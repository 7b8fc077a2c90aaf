#!/usr/bin/env bash
# The private PostgreSQL cluster of one checkout: cluster.sh packages|start|stop|url|wipe
# The server runs as the caller, or as `postgres` when the caller is root; it listens on a unix socket only.
set -euo pipefail

data_dir=$(realpath -m "${DATA_DIR:-$(dirname "$0")/../.data}")
packages=(postgresql-15 postgresql-15-postgis-3 postgresql-15-pgrouting)

say() { printf 'database: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }
digest() { printf %s "$data_dir" | sha1sum | cut -c1-10; }
newest_bin() { { ls -d /usr/lib/postgresql/*/bin 2>/dev/null || true; } | sort -V | tail -n 1; }

# PostgreSQL refuses to run as root; it needs a HOME and a working directory that it may read.
as_owner() {
  if is_root; then (cd / && setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp "$@"); else "$@"; fi
}

# A checkout below a closed folder such as /root cannot be reached by postgres: the files then lie in /var/lib.
place() {
  if is_root && ! as_owner test -x "$data_dir" 2>/dev/null; then echo "/var/lib/hallmap/$(digest)"; else echo "$data_dir/pg"; fi
}

# The path of a unix socket is limited to 107 bytes.
sockets() {
  local path; path=$(place)/run
  if [ ${#path} -gt 85 ]; then echo "/tmp/hallmap-$(digest)"; else echo "$path"; fi
}

packages() {
  local bin; bin=$(newest_bin)
  if [ -n "$bin" ] && ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1; then return; fi
  command -v apt-get >/dev/null || fail "no PostGIS here and no apt-get to install it: install PostgreSQL 15+ with PostGIS 3.3+, or set DATABASE_URL"
  local sudo=; is_root || sudo=sudo
  [ -z "$sudo" ] || command -v sudo >/dev/null || fail "PostGIS is missing; run once as root: apt-get install ${packages[*]}"
  say "installing ${packages[*]}"
  # No default cluster: nothing of ours may start on port 5432. An administrator's own file is left alone.
  $sudo mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] ||
    echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
  $sudo apt-get update -qq || fail "the package lists could not be read: check the network or the apt sources"
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null ||
    fail "apt-get could not install ${packages[*]}: install PostGIS by hand, or set DATABASE_URL"
}

create() {
  local home; home=$(place)
  [ -e "$home/data/PG_VERSION" ] && return
  local free_mb; free_mb=$(df -Pm "$(dirname "$home")" | awk 'NR==2 {print $4}')
  [ "$free_mb" -ge 3000 ] || fail "only $free_mb MB free at $home; the sample city needs 3,000 MB"
  mkdir -p "$home"
  if is_root; then chown postgres:postgres "$home"; fi
  rm -rf "$home/data"
  as_owner "$(newest_bin)/initdb" -D "$home/data" -U hallmap --auth=peer --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    --no-instructions >/dev/null
  # Peer authentication: the owner, root and postgres are the one database role, so no password exists.
  printf 'hall %s hallmap\nhall root hallmap\nhall postgres hallmap\n' "$(id -un)" | as_owner tee "$home/data/pg_ident.conf" >/dev/null
  echo 'local all all peer map=hall' | as_owner tee "$home/data/pg_hba.conf" >/dev/null
  as_owner tee -a "$home/data/postgresql.conf" >/dev/null <<'CONF'
listen_addresses = ''
shared_buffers = 1GB
effective_cache_size = 4GB
work_mem = 32MB
maintenance_work_mem = 256MB
max_connections = 100
random_page_cost = 1.1
jit = off
max_parallel_workers_per_gather = 0
max_wal_size = 4GB
wal_level = minimal
max_wal_senders = 0
checkpoint_timeout = 15min
wal_compression = lz4
timezone = 'UTC'
log_min_messages = warning
CONF
}

# Prints `started` or, when it was up already, `running`.
start() {
  mkdir -p "$data_dir"
  create
  local home run; home=$(place) run=$(sockets)
  mkdir -p "$run"
  if is_root; then chown postgres:postgres "$run"; fi
  # Ask the socket: after a crash the old process and its backends hold the lock for a moment, so try again.
  for _ in 1 2 3 4 5; do
    "$(newest_bin)/pg_isready" -q -t 60 -h "$run" && { database; echo running; return; }
    as_owner "$(newest_bin)/pg_ctl" start -w -t 120 -s -D "$home/data" -l "$home/log" -o "-k $run" </dev/null >/dev/null 2>&1 &&
      { database; echo started; return; }
    sleep 1
  done
  tail -n 20 "$home/log" >&2 || true
  fail "the server did not start; its log is $home/log"
}

database() {
  local run; run=$(sockets)
  [ "$(psql -h "$run" -U hallmap -d postgres -Atc "SELECT 1 FROM pg_database WHERE datname = 'hallmap'")" = 1 ] ||
    psql -q -h "$run" -U hallmap -d postgres -c 'CREATE DATABASE hallmap'
}

stop() {
  local home; home=$(place)
  [ -e "$home/data/postmaster.pid" ] || return 0
  as_owner "$(newest_bin)/pg_ctl" stop -s -m fast -D "$home/data" || true
}

url() { echo "postgresql:///hallmap?host=$(sockets)&user=hallmap"; }

wipe() { stop; rm -rf "$(place)" "/tmp/hallmap-$(digest)"; }

"$@"
