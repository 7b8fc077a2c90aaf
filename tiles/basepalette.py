"""Colours of the base map, dark and light. The base recedes: data is always brighter."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Theme(StrEnum):
    """Look of the whole interface, map included."""

    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One colour per role."""

    sea: str
    outside: str
    """Land beyond the area of authority: nearly the sea, so that missing data does not look like an empty city."""
    land_far: str
    """Land up to zoom 12."""
    land: str
    """Land from zoom 15 on."""
    shore: str
    shore_glow: str
    green: Mapping[str, str]
    site: Mapping[str, str]
    water: str
    pool: str
    road: tuple[str, ...]
    """Primary, secondary, tertiary, residential, service, pedestrian, path."""
    casing: str
    tunnel: str
    rail: str
    runway: str
    building: tuple[str, str, str]
    """Low, 30 m, 120 m."""
    building_line: str
    building_shadow: str
    block: tuple[str, str, str, str]
    """Extruded: 0, 25, 80, 200 m."""
    text_place: str
    text_quarter: str
    text_road: str
    text_poi: str
    text_building: str
    text_green: str
    text_water: str
    text_rescue: str
    halo: str
    halo_road: str
    dot: str
    sky: str
    fog: str
    block_light: float
    """Strength of the light on extruded buildings."""


PALETTES: Mapping[Theme, Palette] = MappingProxyType(
    {
        Theme.DARK: Palette(
            sea="#040a14",
            outside="#040b17",
            land_far="#10213a",
            land="#0b1729",
            shore="#1d3d63",
            shore_glow="#0e2542",
            green=MappingProxyType(
                {
                    "wood": "#0b2229",
                    "scrub": "#0b2029",
                    "wetland": "#08191f",
                    "sand": "#131f2b",
                    "pitch": "#0d2629",
                    "cemetery": "#0c1e28",
                    "park": "#0c272b",
                    "grass": "#0b2128",
                    "field": "#0c1e2a",
                }
            ),
            site=MappingProxyType(
                {
                    "industrial": "#0e1a2c",
                    "bare": "#0d192a",
                    "civic": "#0f1d33",
                    "parking": "#0d1a2d",
                    "square": "#101e33",
                    "aero": "#101d31",
                    "pier": "#0b1729",
                    "bridge": "#0f1e33",
                }
            ),
            water="#05101f",
            pool="#0a2338",
            road=("#34557c", "#2a4768", "#213a57", "#1b304a", "#16283f", "#182b44", "#223a57"),
            casing="#060e1b",
            tunnel="#14243a",
            rail="#3a5170",
            runway="#1b2f49",
            building=("#101f36", "#142846", "#1b345a"),
            building_line="#1d3557",
            building_shadow="#060d18",
            block=("#0e1d34", "#142a49", "#1d3c62", "#2c5683"),
            text_place="#c3d5e9",
            text_quarter="#8ba4c0",
            text_road="#7b96b5",
            text_poi="#7f97b4",
            text_building="#7690ae",
            text_green="#68a194",
            text_water="#5a80ab",
            text_rescue="#7f9fc4",
            halo="#071222",
            halo_road="#0a1626",
            dot="#4d6786",
            sky="#050d1a",
            fog="#081425",
            block_light=0.42,
        ),
        Theme.LIGHT: Palette(
            sea="#cfdeec",
            outside="#d0deeb",
            land_far="#f5f7fa",
            land="#f5f7fa",
            shore="#a9c0d8",
            shore_glow="#bdd1e5",
            green=MappingProxyType(
                {
                    "wood": "#dcebdc",
                    "scrub": "#e2eee0",
                    "wetland": "#d9e8e4",
                    "sand": "#f3f0e8",
                    "pitch": "#d6e8d8",
                    "cemetery": "#e4ebe2",
                    "park": "#dfeedd",
                    "grass": "#e5f0e3",
                    "field": "#eef3e8",
                }
            ),
            site=MappingProxyType(
                {
                    "industrial": "#eceef2",
                    "bare": "#f0efec",
                    "civic": "#eceff6",
                    "parking": "#eef1f5",
                    "square": "#f0f2f6",
                    "aero": "#e8ecf2",
                    "pier": "#eef1f5",
                    "bridge": "#f3f5f8",
                }
            ),
            water="#cfdeec",
            pool="#bcd7ea",
            road=("#ffffff", "#ffffff", "#ffffff", "#ffffff", "#fbfcfe", "#f7f8fb", "#c7d1dd"),
            casing="#c3cfdd",
            tunnel="#e9edf3",
            rail="#9aabc0",
            runway="#dbe2eb",
            building=("#e6ebf2", "#dfe6ef", "#d5deea"),
            building_line="#cbd6e3",
            building_shadow="#d3dbe6",
            block=("#eef2f8", "#e4ebf4", "#d2deec", "#bccfe4"),
            text_place="#22364f",
            text_quarter="#52677f",
            text_road="#52667f",
            text_poi="#55697f",
            text_building="#5e6f83",
            text_green="#3c7050",
            text_water="#385f88",
            text_rescue="#4c6f99",
            halo="#f8fafc",
            halo_road="#ffffff",
            dot="#93a5ba",
            sky="#e8eff7",
            fog="#e3ebf4",
            block_light=0.16,
        ),
    }
)
