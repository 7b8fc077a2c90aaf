#!/usr/bin/env bash
# Bring assets/vendor and geodata/typeface to the versions below: vendor.sh [all | icons]. Needs npm and the registry; the product itself never does.
# A new version: change it here, run this, then update docs/vendored.md and look at the map.
set -euo pipefail
cd "$(dirname "$0")/.."

maplibre=6.17.0 leaflet_bridge=0.1.4 icons=3.51.0 noto=5.3.0 hls=1.7.4 pannellum=2.5.7 h3=4.5.0
vendor=$PWD/assets/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# unpack NAME VERSION: the package's files under $work/package
unpack() {
  rm -rf "$work/package"
  (cd "$work" && npm pack --silent "$1@$2" >/dev/null && tar -xzf ./*.tgz && rm ./*.tgz)
}

# take FOLDER FILE…: files of the unpacked package, by their own name
take() {
  local folder=$vendor/$1 file
  shift
  mkdir -p "$folder"
  for file in "$@"; do install -m 644 "$work/package/$file" "$folder/"; done
}

tabler() {
  unpack @tabler/icons $icons
  take tabler-icons LICENSE
  python3 bin/sprite.py "$work/package/icons" "$vendor/tabler-icons/icons.txt" > "$work/sprite.svg"
  install -m 644 "$work/sprite.svg" "$vendor/tabler-icons/sprite.svg"
  python3 bin/icons_css.py "$vendor/tabler-icons/sprite.svg" > assets/css/icons.css
}

case "${1:-all}" in
  icons) tabler ;;
  all)
    tabler
    unpack maplibre-gl $maplibre
    take maplibre-gl dist/maplibre-gl.mjs dist/maplibre-gl-worker.mjs dist/maplibre-gl.css LICENSE.txt
    unpack @maplibre/maplibre-gl-leaflet $leaflet_bridge
    take maplibre-gl-leaflet leaflet-maplibre-gl.js LICENSE
    unpack hls.js $hls
    take hls.js dist/hls.light.min.mjs dist/hls.worker.js LICENSE
    unpack pannellum $pannellum
    take pannellum build/pannellum.js build/pannellum.css
    install -m 644 "$work/package/COPYING" "$vendor/pannellum/LICENSE"
    unpack h3-js $h3
    take h3-js dist/h3-js.umd.js LICENSE NOTICE
    # geodata/fonts.py cuts these; browsers never load them whole, unless for a very rare character.
    unpack @fontsource/noto-sans-sc $noto
    install -m 644 "$work/package/LICENSE" geodata/typeface/LICENSE
    install -m 644 "$work/package/files/noto-sans-sc-chinese-simplified-400-normal.woff" geodata/typeface/NotoSansSC-Regular.woff
    install -m 644 "$work/package/files/noto-sans-sc-chinese-simplified-500-normal.woff" geodata/typeface/NotoSansSC-Medium.woff ;;
  *) echo "usage: vendor.sh [all | icons]" >&2; exit 2 ;;
esac
