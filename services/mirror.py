"""All rows of one layer in numpy, in Morton order: tiles, counts, selections and text search without the database."""


class Mirror: ...
