"""Import of a district's own data: read a file, match its columns, check its rows, place them, write them in one transaction."""
