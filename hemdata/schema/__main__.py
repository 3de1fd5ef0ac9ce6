"""`python -m hemdata.schema`: writes schemas/generated/ anew from the cards' models and the tables' cards."""

import os

from hemdata.catalog import roots
from hemdata.schema.json_schema import write_generated


def main() -> None:
    """Write, and say what changed."""
    os.environ.pop("HEMDATA_CARDS", None)  # the shipped cards alone
    folder = roots()[-1] / "schemas" / "generated"
    changed = write_generated(folder)
    print(*changed, sep="\n") if changed else print(f"{folder} is as it should be.")


if __name__ == "__main__":
    main()
