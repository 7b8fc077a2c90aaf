"""Names as the base map writes them: one script for the whole map."""

from geodata.db import Conn
from geodata.osm.names import chinese_name, short

CHINESE_SHARE = 0.2
"""From this share of Chinese names on, the map is Chinese and leaves names without Chinese out."""
NAMED = """
    SELECT DISTINCT ON (ref) ref,
           jsonb_strip_nulls(jsonb_build_object('name', tags->'name', 'name:zh', tags->'name:zh', 'name:zh-Hans', tags->'name:zh-Hans',
                                                'name:zh-Hant', tags->'name:zh-Hant'))
    FROM base.feature WHERE tags ?| ARRAY['name', 'name:zh', 'name:zh-Hans', 'name:zh-Hant']
"""


def name_features(conn: Conn) -> bool:
    """Fill base.name; return whether the map is Chinese.

    Chinese names come in Simplified script. An extract with few of them keeps its given names instead.
    """
    rows = conn.execute(NAMED).fetchall()
    names = [(ref, chinese_name(tags)) for ref, tags in rows]
    chinese = sum(name != "" for _, name in names) > CHINESE_SHARE * len(names)
    if not chinese:
        names = [(ref, short(tags.get("name", ""))) for ref, tags in rows]
    with conn.cursor() as cursor, cursor.copy("COPY base.name (ref, name) FROM STDIN") as copy:
        for row in names:
            if row[1]:
                copy.write_row(row)
    conn.execute("ANALYZE base.name")
    return chinese
