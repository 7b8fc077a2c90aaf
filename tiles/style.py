"""The map's style for one reader and theme: our own base map, and in its slots every layer that the reader may see."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geodata.errors import NotFoundError
from geodata.fonts import read_faces, style_faces
from layers.base import Form, Layer
from services.mirror_store import MirrorStore
from services.rights import Reader
from services.seeding import MAX_ZOOM
from tiles import answers
from tiles.answers import Content
from tiles.base import Base
from tiles.basepalette import Theme
from tiles.basestyle import base_style, insert
from tiles.looks import labels_source, layers_of
from tiles.versions import version


class Styles:
    """Makes styles."""

    def __init__(self, store: MirrorStore, layers: Sequence[Layer], base: Base, data_dir: Path) -> None:
        self._store, self._layers, self._base, self._data_dir = store, layers, base, data_dir

    def style(self, theme: str, reader: Reader) -> Content:
        """Build the MapLibre style.

        Raises:
            NotFoundError: no such theme.
            SourceUnavailableError: the base map is not there yet.
        """
        if theme not in set(Theme):
            raise NotFoundError(f"there is no style {theme[:40]!r}: dark and light are there")
        extent = self._store.extent()
        archive = self._base.archive()
        base = base_style(
            theme,
            tiles_url=f"/tiles/base/{{z}}/{{x}}/{{y}}.mvt?v={archive.version}",
            faces=style_faces(read_faces(self._data_dir)),
            bounds=[archive.bounds.west, archive.bounds.south, archive.bounds.east, archive.bounds.north],
        )
        sources, drawn = base.sources, base.layers
        cosine = math.cos(math.radians((extent.south + extent.north) / 2)) if extent else 1.0
        for layer in self._layers:
            if reader.role in layer.roles:
                sources |= self._sources(layer, reader)
                for slot, one in layers_of(layer, Theme(theme), cosine):
                    drawn = insert(drawn, slot, [one])
        return answers.document(
            {
                "version": 8,
                "name": f"Hallmap {theme}",
                "sources": sources,
                "layers": drawn,
                # seconds since 1970: the rings of event pins run on it, the client moves it on
                "state": {"now": {"default": int(time.time())}},
                **base.extras,
            }
        )

    def _sources(self, layer: Layer, reader: Reader) -> dict[str, Any]:
        state = next(state for state in self._store.states() if state.key == layer.key)
        query = f"?v={version(state.revision, reader.scope)}" if state.revision else ""
        sources: dict[str, Any] = {
            layer.key: {
                "type": "vector",
                "tiles": [f"/tiles/{layer.key}/{{z}}/{{x}}/{{y}}.mvt{query}"],
                "minzoom": min(layer.min_zoom, MAX_ZOOM),
                "maxzoom": MAX_ZOOM,
            }
        }
        if layer.look.form is Form.AREA and layer.look.label:
            sources[labels_source(layer)] = {"type": "geojson", "data": f"/tiles/{layer.key}/labels.json{query}"}
        return sources
