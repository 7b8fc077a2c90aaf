"""`python -m geodata <command>`: migrate, import osm, import layer, import panoramas, export, demo, administrators. Settings come from the environment."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from geodata import administrators, export
from geodata.city import demo, ground_import
from geodata.errors import HallError, SetupError
from geodata.imports import command as layer_import
from geodata.imports import panoramas as panorama_import
from geodata.migrate import migrate
from geodata.settings import Settings

Command = Callable[[argparse.Namespace, str, Path], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did its work, 1 with a line on standard error when it could not, 2 for a wrong command line."""
    options = parser().parse_args(arguments)
    try:
        settings = Settings.from_env(os.environ)
        if not settings.database_url:
            raise SetupError("DATABASE_URL is not set; for the private cluster: export DATABASE_URL=$(bin/cluster.sh url)")
        command: Command = options.command
        command(options, settings.database_url, settings.data_dir)
    except HallError as error:
        print(f"hallmap: {error}", file=sys.stderr)
        return 1
    except psycopg.Error as error:
        print(f"hallmap: database: {str(error).strip()}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(prog="python -m geodata", description=__doc__)
    commands = root.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("migrate", help="bring the database to the newest schema").set_defaults(command=_migrate)
    kinds = commands.add_parser("import", help="bring data in").add_subparsers(required=True, metavar="KIND")
    for name, module in (("osm", ground_import), ("layer", layer_import), ("panoramas", panorama_import)):
        sub = kinds.add_parser(name, help=module.HELP)
        module.add_arguments(sub)
        sub.set_defaults(command=module.run)
    for name, module in (("export", export), ("demo", demo), ("administrators", administrators)):
        sub = commands.add_parser(name, help=module.HELP)
        module.add_arguments(sub)
        sub.set_defaults(command=module.run)
    return root


def _migrate(_options: argparse.Namespace, database_url: str, _data_dir: Path) -> None:
    migrate(database_url)


if __name__ == "__main__":
    sys.exit(main())
