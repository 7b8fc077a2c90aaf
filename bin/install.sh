#!/usr/bin/env bash
# What a fresh Debian 12 lacks: install.sh run | test | bench
# Packages of the distribution through apt, Python packages into .venv from the hashed locks.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'install: %s\n' "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }

apt_install() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || fail "missing ${missing[*]}, and no apt-get to install them"
  local sudo=
  if ! is_root; then command -v sudo >/dev/null || fail "missing ${missing[*]}; run once as root: apt-get install ${missing[*]}"; sudo=sudo; fi
  printf 'install: %s\n' "${missing[*]}"
  $sudo apt-get update -qq || fail "the package lists could not be read: check the network or the apt sources"
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get could not install ${missing[*]}"
}

python_of_the_system() {
  local python
  for python in python3.13 python3.12 python3.11 python3; do
    command -v "$python" >/dev/null && "$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
      { command -v "$python"; return; }
  done
  return 1
}

environment() {
  local locks=("$@") stamp=.venv/installed-$1
  if [ -e "$stamp" ] && cat "${locks[@]}" | cmp -s - "$stamp"; then return; fi
  if [ ! -x .venv/bin/python ]; then
    local python
    python=$(python_of_the_system) || { apt_install python3 python3-venv; python=$(python_of_the_system); } || fail "no Python 3.11 or newer"
    "$python" -m venv .venv || fail "the virtual environment could not be made"
  fi
  printf 'install: Python packages\n'
  # uv installs the same lock several times faster; pip does it where uv can't be had or can't reach the index.
  { .venv/bin/python -m pip install -q --disable-pip-version-check uv 2>/dev/null &&
    .venv/bin/python -m uv pip install -q --python .venv/bin/python --require-hashes "${locks[@]/#/-r}" 2>/dev/null; } ||
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes "${locks[@]/#/-r}" ||
    fail "the Python packages could not be installed: check the network or the package index"
  cat "${locks[@]}" > "$stamp"
}

# The video gateway's programs; the simulated cameras run on the system's Python, which alone has these bindings.
video=(ffmpeg python3-gi python3-numpy python3-pil gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly)

# What WeasyPrint draws briefs with.
print=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)

case "${1:-run}" in
  run)
    apt_install fonts-noto-cjk "${video[@]}" "${print[@]}"
    environment requirements.txt ;;
  test)
    apt_install fonts-noto-cjk chromium gdal-bin "${video[@]}" "${print[@]}"
    environment requirements-dev.txt requirements.txt ;;
  bench)
    apt_install fonts-noto-cjk chromium gdal-bin wrk "${video[@]}" "${print[@]}"
    environment requirements-dev.txt requirements.txt ;;
  *) fail "usage: install.sh run | test | bench" ;;
esac
