"""`hemdata predict`: fitted models asked about a user's own molecules."""

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hemdata.cli.app import command, err, out
from hemdata.console import error, many, print_table
from hemdata.door.progress import bar

if TYPE_CHECKING:
    from hemdata.molecules import Said
    from hemdata.predict.predict import Question
    from hemdata.predict.rows import Rows

SHOWN = 200
"""Rows that are printed; of a file with more there is a summary."""
KEEP = "With --out FILE they are kept, and the same command goes on."


@command(
    "predict",
    "hemdata predict runs/demo/cells/painn-pubchem9-640 'CC(=O)N'\n"
    "hemdata predict runs/demo/cells/painn-pubchem9-640-s0 my-molecules.smi --out energies.csv\n"
    "hemdata predict my-model another-model geometries.xyz --enthalpy\n"
    "cat my-molecules.smi | hemdata predict my-model - --out energies.parquet",
)
def predict(
    words: Annotated[
        list[str],
        typer.Argument(metavar="MODEL... FILE|SMILES|-", help="Models' folders or cells, then molecules; -: a pipe."),
    ],
    file: Annotated[
        Path | None,
        typer.Option("--out", help="Write the rows here as they come: .csv, .jsonl or .parquet; goes on where it was."),
    ] = None,
    geometry: Annotated[
        str | None, typer.Option(help="Level of geometries made from SMILES; by default the training set's.")
    ] = None,
    enthalpy: Annotated[
        bool, typer.Option("--enthalpy", help="Enthalpies of formation too; takes the frequencies of each molecule.")
    ] = False,
    formation: Annotated[bool | None, typer.Option(hidden=True)] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also for elements and charges that no training molecule had.")
    ] = False,
    charge: Annotated[int | None, typer.Option(help="Of all molecules, where a file does not say it.")] = None,
    multiplicity: Annotated[
        int | None, typer.Option(min=1, help="Of all molecules, where a file does not say it: 2S + 1.")
    ] = None,
    device: Annotated[str, typer.Option(help="Where the networks compute: auto, cpu or cuda.")] = "auto",
    batch_size: Annotated[int, typer.Option(min=1, help="Molecules that a network takes at a time.")] = 32,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Worker processes; by default one a core; 0: this one.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Predict atomization energies of your molecules: the mean and spread over models, and what to be wary of."""
    from hemdata.errors import CallError
    from hemdata.molecules import Said
    from hemdata.predict.asked import how_many, numbered, wanted
    from hemdata.predict.find import abouts, load_all, packages, refuse_no_model
    from hemdata.predict.predict import Question
    from hemdata.predict.rows import Rows, RowsInFile, row

    found = {word: packages(word) for word in words}
    asked = [word for word in words if not found[word]]
    if len(asked) == len(words):
        if len(words) == 1 or Path(words[0]).is_file():
            raise CallError("No model is given.", expected="a model's folder, or a cell of a study, then the molecules",
                            got=" ".join(words), fix="Write the model first: predict MODEL FILE.")  # fmt: skip
        refuse_no_model(words[0])
    if not asked:
        raise CallError("No molecules are given.", expected="a .smi or .xyz file, or a SMILES, after the models")
    said = Said(charge, multiplicity)
    molecules = numbered(chain.from_iterable([wanted(word, said) for word in asked]))
    folders = [place for word in words for place in found[word]]
    cards = abouts(folders)
    question = Question(
        cards, geometry=geometry, enthalpy=enthalpy or bool(formation), anyway=anyway, batch_size=batch_size
    )
    rows = RowsInFile(file, _settings(question, cards, asked, said), force) if file else Rows()
    there = rows.done
    batches = rows.remaining(question.batches(molecules))
    try:
        with (
            bar(_what(question, cards, asked), how_many(asked)) as step,
            question.geometries(batches, workers, lambda done: step(done, "")) as made,
        ):
            step(there, "")
            with _kept_to_the_end():
                models = load_all(folders, device, batch_size)
            for batch in made:
                rows.write(row(each) for each in question.answered(models, batch))
        if not rows.done:
            raise CallError("No molecules are given.", where=", ".join(asked), got="no line that is one")
        _tell(rows, question, _named(cards), as_json, file)
        failed = [each for each in rows.read() if each["failed"]]
        rows.finish()
    except KeyboardInterrupt:
        if file is None:
            _tell(rows, question, _named(cards), as_json, file)
        err.print(
            f"Stopped after {many(rows.done)}. "
            + (f"They stand in {file}.part; the same command goes on behind them." if file else KEEP)
        )
        raise SystemExit(130) from None
    finally:
        rows.close()
    for each in failed[:SHOWN]:
        err.print(f"{each['id']}: {each['failed']}")
    if failed:
        error(f"{len(failed):,} of {many(rows.done)} have no energy.")
        raise SystemExit(1)


@contextmanager
def _kept_to_the_end() -> Iterator[None]:
    """Nothing inside is looked at by the garbage collector, neither then nor later.

    The libraries of a network make half a million objects at import, which live as long as the process: to walk over
    them, most of all at its end, takes longer than to predict a molecule.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _named(cards: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{card['network']}, seed {card['seed']}" for card in cards]


def _what(question: "Question", cards: Sequence[Mapping[str, Any]], asked: Sequence[str]) -> str:
    """The job in front of the bar."""
    from hemdata.predict.asked import has_geometries

    steps = [] if all(has_geometries(word) for word in asked) else [f"geometries at {question.at.name}"]
    steps += ["frequencies at gfn2-xtb"] if question.making.enthalpy else []
    return ", ".join([*steps, f"energies by {' and '.join(dict.fromkeys(card['network'] for card in cards))}"])


def _settings(
    question: "Question", cards: Sequence[Mapping[str, Any]], asked: Sequence[str], said: "Said"
) -> dict[str, Any]:
    """All that decides the rows."""
    from hemdata.predict.asked import digest
    from hemdata.train.package import versions

    return {
        "models": [card["sha256"] for card in cards],
        "molecules": [digest(word) for word in asked],
        "charge and multiplicity": [said.charge, said.multiplicity],
        "geometry": question.at.hash,
        "enthalpy": question.making.enthalpy,
        "anyway": question.making.anyway,
        "batch-size": question.batch_size,
        "versions": versions("rdkit", "tblite", "numpy"),
    }


def _tell(rows: "Rows", question: "Question", models: list[str], as_json: bool, file: Path | None) -> None:
    from hemdata.predict.told import sentences, summary, table

    if as_json:
        told = {"models": models, "level": question.level, "molecules": list(rows.read())}
        print(json.dumps(told, indent=2, allow_nan=False))
    elif file is not None and rows.done > SHOWN:
        for line in summary(rows.read(), file, question.level, models):
            out.print(line)
    else:
        every = list(rows.read())
        print_table(table(every, question.making.enthalpy))
        for line in sentences(every, question, models):
            out.print(line)
