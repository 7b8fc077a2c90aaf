"""Panoramas of the sample city, drawn from its own buildings and roads and marked simulated, and flights over it.

A picture is cast column by column: every ray of a column meets the walls around in order of distance, and of each wall that part is seen which rises
above the nearer ones. What lies below the horizon and before the first wall is looked up on a plan of the ground.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw, ImageFont
from psycopg.types.json import Jsonb
from shapely.ops import substring

from geodata import panoramas
from geodata.db import Conn
from geodata.imports.panoramas import WRITE
from geodata.settings import ROOT

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.float32]

SOURCE = "sample"
COUNT, LEAST = 6, 3
"""So many pictures at scale 0.1 and more, and at the smallest scale."""
APART_M = 24.0
WIDTH, SMALL_WIDTH = 2_048, 1_536
EYE_M = 2.6
AROUND_M = 320.0
PLAN_M, PLAN_PX_M = 90.0, 0.1
"""Half the side of the plan of the ground, and the size of its pixels."""
FLOOR_M, BAY_M = 3.2, 2.9
SUN = (math.radians(215.0), math.radians(42.0))
"""Azimuth and altitude of the sun in every picture: shadows that agree from one step to the next."""
M_PER_DEGREE = 111_194.93
SKY_TOP, SKY_LOW = (58, 110, 178), (196, 214, 230)
GROUND = {"pavement": (150, 148, 142), "road": (72, 75, 80), "lane": (206, 206, 198), "green": (86, 116, 66), "water": (62, 96, 118)}
ROAD_M = {1: 14.0, 2: 11.0, 3: 9.0, 4: 6.5, 5: 4.5, 6: 5.0, 7: 2.2}
FACADES = (
    (206, 192, 170),
    (188, 178, 166),
    (216, 206, 190),
    (170, 160, 152),
    (196, 176, 150),
    (182, 190, 192),
    (222, 214, 204),
    (160, 150, 146),
)
TEXT = "模拟街景 SIMULATED"
FONT = ROOT / "geodata" / "typeface" / "NotoSansSC-Medium.woff"

PLACES = """
    WITH busy AS (SELECT grid_code FROM hall.event WHERE grid_code IS NOT NULL GROUP BY grid_code ORDER BY count(*) DESC, grid_code LIMIT 1),
         middle AS (SELECT ST_PointOnSurface(a.geom) AS geom FROM hall.area AS a JOIN busy ON busy.grid_code = a.code),
         near AS (
             SELECT e.id, e.name, e.geom, e.length_m, m.geom AS middle FROM hall.road_edge AS e, middle AS m
             WHERE e.drive AND NOT e.bridge AND NOT e.tunnel AND e.layer = 0 AND e.name IS NOT NULL AND e.length_m > 12 AND ST_DWithin(e.geom, m.geom, 0.006)),
         spot AS (
             SELECT n.id, n.name, share, ST_LineInterpolatePoint(n.geom, share) AS geom, n.middle,
                    degrees(ST_Azimuth(ST_LineInterpolatePoint(n.geom, greatest(share - 0.05, 0)), ST_LineInterpolatePoint(n.geom, least(share + 0.05, 1)))) AS heading
             FROM near AS n, generate_series(1, greatest(1, (n.length_m / 12)::int)) AS step,
                  LATERAL (SELECT (step - 0.5) / greatest(1, (n.length_m / 12)::int) AS share) AS at)
    SELECT name, ST_X(geom), ST_Y(geom), coalesce(heading, 0) FROM spot
    WHERE NOT EXISTS (SELECT FROM hall.building AS b WHERE ST_DWithin(b.geom, spot.geom, 0.00002))
    ORDER BY geom <-> middle, id, share LIMIT 400
"""
WALLS = """
    SELECT id, height_m::float8, ST_AsBinary(geom) FROM hall.building
    WHERE geom && ST_Expand(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(degrees)s) ORDER BY id
"""
SURFACES = """
    SELECT layer, ST_AsBinary(ST_Transform(geom, 4326)) FROM base.surface
    WHERE layer IN ('green', 'water') AND geom && ST_Transform(ST_Expand(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(degrees)s), 3857) ORDER BY layer, area
"""
ROADS = """
    SELECT k, ST_AsBinary(ST_Transform(geom, 4326)) FROM base.road
    WHERE br = 0 AND ly = 0 AND geom && ST_Transform(ST_Expand(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(degrees)s), 3857) ORDER BY k DESC
"""
KNOWN = "SELECT count(*), coalesce(min(sha256), '') FROM hall.panorama WHERE source = %s"
FORGET = "DELETE FROM hall.panorama WHERE source = %s"
BOUNDS = "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(geom) AS p FROM hall.area WHERE level = 'street' ORDER BY people DESC NULLS LAST, code LIMIT 6) AS t"
FLY = """
    INSERT INTO hall.fly_path (account_id, name, stops, loops, shared, changed_at) VALUES (NULL, %(name)s, %(stops)s, %(loops)s, true, %(now)s)
    ON CONFLICT (account_id, name) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class _Walls:
    """Walls as segments in metres east and north of the eye. `building` numbers those around, 0 onwards."""

    start: Floats
    end: Floats
    height: Floats
    building: Ints


def write(conn: Conn, data_dir: Path, *, scale: float, now: datetime) -> int:
    """Draw the panoramas of the sample city once, and save its flights; return how many pictures were drawn."""
    _fly(conn, now)
    row = conn.execute(KNOWN, [SOURCE]).fetchone()
    if row and row[0] and (data_dir / panoramas.FOLDER / panoramas.path_of(row[1])).is_file():
        return 0
    conn.execute(FORGET, [SOURCE])
    small = scale < 0.1
    spots = _spots(conn, LEAST if small else COUNT)
    for number, (name, lon, lat, heading) in enumerate(spots, 1):
        image = draw(conn, lon, lat, heading, SMALL_WIDTH if small else WIDTH)
        digest, width, height = panoramas.keep(data_dir, image.tobytes(), image)
        values = {
            "source": SOURCE, "external_no": f"{number:03d}", "name": f"{name} {number:02d}", "road": name, "taken_at": None, "heading": heading % 360,
            "heading_from": "list", "height_m": EYE_M, "sha256": digest, "width": width, "height": height, "simulated": True, "restricted": False,
            "lon": lon, "lat": lat,
        }  # fmt: skip
        conn.execute(WRITE, values)
    return len(spots)


def draw(conn: Conn, lon: float, lat: float, heading: float, width: int) -> Image.Image:
    """Draw what is seen around a place; the middle column looks to `heading` (degrees from north over east)."""
    place = {"lon": lon, "lat": lat, "degrees": AROUND_M / M_PER_DEGREE * 1.1}
    scale = np.array([M_PER_DEGREE * math.cos(math.radians(lat)), M_PER_DEGREE])
    here = np.array([lon, lat])
    walls = _walls(conn.execute(WALLS, place).fetchall(), here, scale)
    plan = _plan(conn, place, here, scale)
    return render(walls, plan, heading, width)


def render(walls: _Walls, plan: Pixels, heading: float, width: int) -> Image.Image:
    """Cast the picture: width x width/2 pixels."""
    height = width // 2
    azimuth = np.radians(heading) + (np.arange(width) + 0.5 - width / 2) / width * 2 * np.pi
    picture = _sky(azimuth, height)
    foot = _facades(picture, walls, azimuth, height)
    _ground(picture, plan, azimuth, height, foot)
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    _mark(image)
    return image


def _spots(conn: Conn, count: int) -> list[tuple[str, float, float, float]]:
    """Places on roads around the busiest grid, nearest first, none closer to another than APART_M."""
    kept: list[tuple[str, float, float, float]] = []
    for name, lon, lat, heading in conn.execute(PLACES):
        scale = math.cos(math.radians(lat))
        if all(math.hypot((lon - other[1]) * scale, lat - other[2]) * M_PER_DEGREE >= APART_M for other in kept):
            kept.append((str(name), float(lon), float(lat), float(heading)))
        if len(kept) == count:
            break
    return kept


def _walls(rows: Sequence[tuple[int, float | None, bytes]], here: Floats, scale: Floats) -> _Walls:
    starts, ends, heights, numbers = [], [], [], []
    for number, (_, height_m, blob) in enumerate(rows):
        for part in shapely.get_parts(shapely.from_wkb(blob)):
            corners = (shapely.get_coordinates(shapely.get_exterior_ring(part)) - here) * scale
            starts.append(corners[:-1])
            ends.append(corners[1:])
            heights.append(np.full(len(corners) - 1, height_m or 6.0))
            numbers.append(np.full(len(corners) - 1, number))
    if not starts:
        return _Walls(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0, np.int64))
    return _Walls(np.concatenate(starts), np.concatenate(ends), np.concatenate(heights), np.concatenate(numbers))


def _plan(conn: Conn, place: dict[str, float], here: Floats, scale: Floats) -> Pixels:
    """Draw the ground around, north up, PLAN_PX_M a pixel."""
    side = int(2 * PLAN_M / PLAN_PX_M)
    image = Image.new("RGB", (side, side), GROUND["pavement"])
    pen = ImageDraw.Draw(image)
    for layer, blob in conn.execute(SURFACES, place):
        for part in shapely.get_parts(shapely.from_wkb(blob)):
            pen.polygon(_on_plan((shapely.get_coordinates(shapely.get_exterior_ring(part)) - here) * scale), fill=GROUND[layer])
    lines = []
    for k, blob in conn.execute(ROADS, place):
        metres = shapely.transform(shapely.from_wkb(blob), lambda points: (points - here) * scale)
        inside = shapely.clip_by_rect(metres, -PLAN_M - 10, -PLAN_M - 10, PLAN_M + 10, PLAN_M + 10)
        lines += [(k, part) for part in shapely.get_parts(inside) if part.length > 0]
    for k, part in lines:
        pen.line(_on_plan(shapely.get_coordinates(part)), fill=GROUND["road"], width=int(ROAD_M.get(k, 4.0) / PLAN_PX_M), joint="curve")
    for k, part in lines:
        if k <= 4:
            for at in np.arange(0.0, part.length, 6.0):
                pen.line(_on_plan(shapely.get_coordinates(substring(part, at, at + 2.5))), fill=GROUND["lane"], width=2)
    return np.asarray(image, np.float32)


def _on_plan(metres: Floats) -> list[tuple[float, float]]:
    """Turn metres east and north of the eye into pixels of the plan."""
    return [((x + PLAN_M) / PLAN_PX_M, (PLAN_M - y) / PLAN_PX_M) for x, y in metres.tolist()]


def _sky(azimuth: Floats, height: int) -> Pixels:
    """A clear sky, paler towards the horizon, with the sun in it."""
    elevation = (0.5 - (np.arange(height) + 0.5) / height) * np.pi
    share = np.clip(elevation / (np.pi / 2), 0, 1)[:, None, None] ** 0.55
    sky = np.array(SKY_LOW) * (1 - share) + np.array(SKY_TOP) * share
    picture = np.broadcast_to(sky, (height, len(azimuth), 3)).astype(np.float32)
    toward = (
        np.sin(elevation)[:, None] * math.sin(SUN[1]) + np.cos(elevation)[:, None] * math.cos(SUN[1]) * np.cos(azimuth - SUN[0])[None, :]
    )
    near = toward > 0.95
    glow = ((toward[near] - 0.95) / 0.05)[:, None].astype(np.float32) ** 4
    picture[near] += (np.array((255, 250, 232), np.float32) - picture[near]) * glow
    return picture


def _facades(picture: Pixels, walls: _Walls, azimuth: Floats, height: int) -> Floats:
    """Paint the walls; return per column how far away the nearest one stands (m)."""
    width = len(azimuth)
    foot = np.full(width, np.inf)
    wall, column = _meetings(walls, azimuth)
    if not len(wall):
        return foot
    ray = np.stack([np.sin(azimuth[column]), np.cos(azimuth[column])], 1)
    start, along = walls.start[wall], walls.end[wall] - walls.start[wall]
    across = ray[:, 0] * along[:, 1] - ray[:, 1] * along[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (start[:, 0] * along[:, 1] - start[:, 1] * along[:, 0]) / across
        share = (start[:, 0] * ray[:, 1] - start[:, 1] * ray[:, 0]) / across
    seen = (distance > 0.3) & (distance < AROUND_M) & (share >= -1e-6) & (share <= 1 + 1e-6)
    wall, column, distance, share = wall[seen], column[seen], distance[seen], share[seen]
    order = np.lexsort((distance, column))
    wall, column, distance, share = wall[order], column[order], distance[order], share[order]
    top = np.arctan2(walls.height[wall] - EYE_M, distance)
    base = np.arctan2(-EYE_M, distance)
    # the highest top among nearer walls of the same column: columns are kept apart by an offset larger than any angle
    raised = np.maximum.accumulate(top + column * 10.0)
    before = np.concatenate(([-np.inf], raised[:-1])) - column * 10.0
    first = np.concatenate(([True], column[1:] != column[:-1]))
    foot[column[first]] = distance[first]
    bottom = np.where(first, base, np.maximum(before, base))
    shown = top > bottom
    wall, column, distance, share, top, bottom = (part[shown] for part in (wall, column, distance, share, top, bottom))
    row_of = height / np.pi
    high = np.clip(np.ceil((np.pi / 2 - top) * row_of - 0.5), 0, height).astype(np.int64)
    low = np.clip(np.ceil((np.pi / 2 - bottom) * row_of - 0.5), 0, height).astype(np.int64)
    count = np.maximum(low - high, 0)
    piece = np.repeat(np.arange(len(count)), count)
    row = high[piece] + np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    elevation = np.pi / 2 - (row + 0.5) / row_of
    length = np.hypot(*(walls.end - walls.start).T)
    up = EYE_M + distance[piece] * np.tan(elevation)
    picture[row, column[piece]] = _surface(
        walls,
        wall[piece],
        (share[piece] * length[wall[piece]]).astype(np.float32),
        up.astype(np.float32),
        distance[piece].astype(np.float32),
    )
    return foot


def _surface(walls: _Walls, wall: Ints, across_m: Pixels, up_m: Pixels, distance: Pixels) -> Pixels:
    """Colour of points of walls: plaster in the house's colour, rows of windows, a darker ground floor, light from the sun, haze with distance."""
    house = walls.building[wall]
    tint = np.array(FACADES, np.float32)[house * 2_654_435_761 % len(FACADES)]
    along = walls.end - walls.start
    normal = np.arctan2(along[:, 1], -along[:, 0])
    lit = 0.66 + 0.34 * np.clip(np.cos(normal[wall] - SUN[0]), -0.6, 1)
    colour = tint * lit[:, None]
    floor, bay = np.floor(up_m / FLOOR_M), np.floor(across_m / BAY_M)
    in_floor, in_bay = up_m / FLOOR_M - floor, across_m / BAY_M - bay
    glass = (in_floor > 0.3) & (in_floor < 0.8) & (in_bay > 0.22) & (in_bay < 0.78) & (up_m < walls.height[wall] - 0.6)
    tone = 0.75 + 0.5 * (((floor * 7 + bay * 13 + house * 5) % 11) / 11)
    colour = np.where(glass[:, None], np.array((70, 88, 108)) * tone[:, None], colour)
    frame = glass & ((in_floor < 0.34) | (in_floor > 0.76) | (np.abs(in_bay - 0.5) < 0.015))
    colour = np.where(frame[:, None], tint * 0.9, colour)
    shop = up_m < 3.0
    sign = shop & (up_m > 2.4)
    hue = np.array(((150, 46, 42), (36, 84, 120), (40, 96, 70), (150, 116, 40)))[((bay // 2 + house) % 4).astype(np.int64)]
    colour = np.where(shop[:, None], np.array((92, 90, 88)) * (0.6 + 0.4 * (in_bay > 0.08))[:, None], colour)
    colour = np.where(sign[:, None], hue * lit[:, None], colour)
    ledge = (in_floor < 0.05) & ~shop
    colour = np.where(ledge[:, None], colour * 0.82, colour)
    haze = np.clip(distance / (1.6 * AROUND_M), 0, 0.75)[:, None]
    return np.asarray(colour * (1 - haze) + np.array(SKY_LOW) * haze, np.float32)


def _meetings(walls: _Walls, azimuth: Floats) -> tuple[Ints, Ints]:
    """Name which walls a column may meet: pairs of wall and column."""
    width = len(azimuth)
    step = 2 * np.pi / width
    first = np.arctan2(walls.start[:, 0], walls.start[:, 1])
    turn = (np.arctan2(walls.end[:, 0], walls.end[:, 1]) - first + np.pi) % (2 * np.pi) - np.pi
    begin = np.where(turn >= 0, first, first + turn)
    near = np.minimum(np.hypot(*walls.start.T), np.hypot(*walls.end.T)) < AROUND_M
    low = np.floor((begin - azimuth[0]) / step).astype(np.int64)
    count = np.where(near, np.ceil(np.abs(turn) / step).astype(np.int64) + 2, 0)
    wall = np.repeat(np.arange(len(count)), count)
    offset = np.arange(len(wall)) - np.repeat(np.cumsum(count) - count, count)
    return wall, (low[wall] + offset) % width


def _ground(picture: Pixels, plan: Pixels, azimuth: Floats, height: int, foot: Floats) -> None:
    """Paint what lies below the horizon, as far as the first wall."""
    below = np.arange(height // 2, height)
    elevation = (below + 0.5) / height * np.pi - np.pi / 2
    away = EYE_M / np.tan(elevation)
    far = away[:, None] >= foot[None, :]
    x = np.sin(azimuth)[None, :] * away[:, None]
    y = np.cos(azimuth)[None, :] * away[:, None]
    side = len(plan)
    at_x = np.clip((x + PLAN_M) / PLAN_PX_M, 0, side - 1).astype(np.int32)
    at_y = np.clip((PLAN_M - y) / PLAN_PX_M, 0, side - 1).astype(np.int32)
    colour = plan[at_y, at_x] + np.random.default_rng(7).normal(0, 3, (len(below), len(azimuth), 1)).astype(np.float32)
    colour[away > PLAN_M] = GROUND["pavement"]
    haze = np.clip(away / (1.6 * AROUND_M), 0, 0.8)[:, None, None].astype(np.float32)
    colour = colour * (1 - haze) + np.array(SKY_LOW, np.float32) * haze
    picture[below] = np.where(far[:, :, None], picture[below], colour)


def _mark(image: Image.Image) -> None:
    """Say on the picture itself that nobody took it, on all four sides below the horizon."""
    size = max(12, image.width // 110)
    font = ImageFont.truetype(str(FONT), size)
    veil = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(veil)
    for quarter in range(4):
        middle = (quarter + 0.5) / 4 * image.width
        width = pen.textlength(TEXT, font=font)
        at = (middle - width / 2, image.height * 0.63)
        pen.rounded_rectangle(
            (at[0] - size * 0.6, at[1] - size * 0.3, at[0] + width + size * 0.6, at[1] + size * 1.5), size * 0.4, fill=(10, 18, 32, 120)
        )
        pen.text(at, TEXT, font=font, fill=(255, 255, 255, 205))
    image.paste(veil, (0, 0), veil)


def _fly(conn: Conn, now: datetime) -> None:
    """Save two flights that everybody sees: around the most peopled street, and from street to street."""
    middles = [(float(lon), float(lat)) for lon, lat in conn.execute(BOUNDS)]
    if not middles:
        return
    around = [_stop(middles[0], 15.6, 60, bearing, 7) for bearing in (-17, 73, 163, 253, 343)]
    tour = [_stop(middle, 15.2, 55, 20 * number - 40, 9) for number, middle in enumerate(middles)]
    for name, stops, loops in (("中心环飞", around, True), ("各街道巡飞", tour, False)):
        if len(stops) > 1:
            conn.execute(FLY, {"name": name, "stops": Jsonb(stops), "loops": loops, "now": now})


def _stop(place: tuple[float, float], zoom: float, pitch: float, bearing: float, seconds: float) -> dict[str, Any]:
    return {"lon": round(place[0], 6), "lat": round(place[1], 6), "zoom": zoom, "pitch": pitch, "bearing": bearing, "seconds": seconds}
