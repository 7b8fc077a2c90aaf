"""The bottom tier: settings, database, coordinates, imports and the sample city. Imports nothing else of ours."""
