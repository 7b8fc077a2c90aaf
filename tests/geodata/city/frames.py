"""Generated columns as a data frame, so that tests can ask about them."""

import pandas as pd
import pyarrow as pa

from geodata.city.texts import Rows
from geodata.load import as_arrow


def frame(rows: Rows) -> pd.DataFrame:
    return pa.table({name: as_arrow(values) for name, values in rows.items()}).to_pandas()
