"""Writes the report of a study: one static HTML page that needs no server and no network."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from hemdata.analysis.results import Results
from hemdata.catalog import BASELINES, cards
from hemdata.report.answer import Answer, answer
from hemdata.report.factors import factor_word, variance_notes, variance_title
from hemdata.report.figures.reason_figures import LEVEL_BARS, ReasonFigures
from hemdata.report.figures.size_curves import size_curve, size_grid
from hemdata.report.figures.style import HEAT_STEPS, drawing
from hemdata.report.page.carriers import carrier_drawings
from hemdata.report.page.data import as_script, downloads, points
from hemdata.report.page.provenance import facts, level_hashes, provenance, said_by_card
from hemdata.report.page.written import make_room, page_text, write_page
from hemdata.report.tables.bridge import bridge_section
from hemdata.report.tables.layout import Layout
from hemdata.report.tables.published_level import level_section
from hemdata.report.tables.reason_layout import ReasonLayout
from hemdata.report.titles import titles_of
from hemdata.report.words import listed, number, p_value
from hemdata.study.settings import levels_below


def write_report(
    results: Results,
    out_html: Path,
    *,
    title: str | None = None,
    question: str | None = None,
    labels: Mapping[str, str] | None = None,
    commands: Sequence[str] = (),
    figures: Path | None = None,
) -> Answer:
    """Write the page of a study from its results, computing nothing; the same results give the same bytes.

    Args:
        results: of the study.
        out_html: the page; written under a temporary name and renamed.
        title: of the study; by default that of its card, or its name.
        question: that the study asks; by default that of its card.
        labels: words shown for networks, training sets and groups; by default the titles of their cards.
        commands: that made the study, for its provenance.
        figures: a folder for figures and tables of a paper, as `write_paper` has it; none by default.

    Returns:
        The answer, whose `sentence` is for the command line.

    Raises:
        DataError: no model was tested on every group, or the page cannot be written.
    """
    from hemdata.report.paper import write_paper

    make_room(out_html)
    words = titles_of(results.rows, labels)
    found = answer(results.tables, words, results.variance)
    own_title, own_question = said_by_card(results.folder, results.study)
    html = _page(
        results,
        words,
        found=found,
        title=title or own_title,
        question=question or own_question,
        commands=commands,
        levels=level_hashes(results.folder),
    )
    write_page(out_html, html)
    if figures is not None:
        write_paper(results, figures, labels=labels)
    return found


def _page(
    results: Results,
    labels: Mapping[str, str],
    *,
    found: Answer,
    title: str,
    question: str,
    commands: Sequence[str],
    levels: Mapping[str, str],
) -> str:
    rows, tables, overlap = results.rows, results.tables, results.overlap
    why, variance = results.reasons, results.variance
    layout, whys = Layout(tables, labels), ReasonLayout(why, variance, tables.ranks, labels)
    figures = ReasonFigures(tables, why, variance, labels)
    names = list(dict.fromkeys(tables.mae["network"]))
    networks = [name for name in names if name not in BASELINES] or names
    networks.sort(key=lambda name: (name != found.network, name))
    with drawing():
        panels = [
            {
                "id": name,
                "label": layout.label(name),
                "intervals": [figures.intervals(name, group) for group in figures.groups],
                "errors": layout.errors(name),
                "against_best": layout.against_best(name),
                "against_baselines": layout.against_baselines(name),
                "in_distribution": layout.in_distribution(name),
                "curves": figures.curves(name),
                "size_curves": [size_curve(figures, name, group) for group in figures.groups],
                "size_grid": size_grid(layout, name),
                "scatter": [figures.scatter(name, group) for group in figures.groups],
                "size": figures.size(name),
                "worst": layout.worst(name),
                "parts": [figures.parts(name, group) for group in figures.groups],
                "part_grid": whys.parts(name),
                "too_few": whys.too_few(name),
                "unseen": figures.unseen(name),
                "functional_groups": whys.functional_groups(name),
                "sizes": whys.sizes(name),
                "set_against_set": whys.set_against_set(name),
                "elements": whys.elements(name),
                "cured": whys.cured(name),
                "carriers": whys.carriers(name),
                "carried_by": carrier_drawings(whys, name),
                "with_overlap": None if overlap is None else layout.with_overlap(name, overlap),
            }
            for name in networks
        ]
        heat = [figures.heat(name) for name in names]
        variance_figures = [figures.drivers(), figures.effects()]
        level = level_section(why, figures.groups, figures.label)
        bridge = bridge_section(why.bridge, figures.label)
        level_figures = {
            name: [figures.published_level(name, group) for group in of]
            for name, of in (level.networks if level else ())
        }
    study = results.study
    card = study if study in cards("study") else f"{study}.yaml"
    return page_text(
        "page.html.j2",
        ("sorting.js", "page.js"),
        study=study,
        title=title,
        question=question,
        answer=found,
        facts=[
            *facts(rows, tables, labels, networks),
            *([("Learnt", f"differences from {listed(below)}")] if (below := levels_below(results.folder)) else []),
            *([bridge.fact] if bridge else []),
        ],
        sets=[{"label": layout.label(name), "colour": i % 7} for i, name in enumerate(figures.sets)],
        baselines=[name for name in names if name in BASELINES and name not in networks],
        panels=panels,
        heat=heat,
        heat_steps=range(HEAT_STEPS),
        heat_range=[number(value) for value in figures.heat_range()],
        groups=[layout.label(group) for group in layout.groups],
        effects=whys.effects(),
        geometry=whys.geometry(),
        exact_carriers=[
            {"label": layout.label(name), "carriers": whys.carriers(name), "carried_by": carrier_drawings(whys, name)}
            for name in names
            if name not in networks
        ],
        stability=whys.stability(),
        variance_figures=variance_figures,
        several_sizes=len(tables.by_training_size) > 0,
        factors=[factor_word(factor, variance) for factor in variance.factors] if variance else [],
        variance_title=variance_title(variance),
        variance_notes=variance_notes(variance, tables, layout.label) if variance else [],
        left_out=[layout.label(name) for name in variance.left_out] if variance else [],
        shared_luck=p_value(variance.shared_luck_p) if variance and variance.shared_luck_p < 0.05 else "",
        part_legend=figures.part_legend(),
        leaked_names=whys.leaked(),
        leaks=layout.leaks(),
        leaked=int(tables.leaks["n_in_training"].sum()),
        published=layout.published(),
        level=level,
        bridge=bridge,
        level_figures=level_figures,
        level_bars=LEVEL_BARS,
        provenance=provenance(rows, levels),
        unfinished=rows.unfinished,
        commands=list(commands) or [f"hemdata train-eval {card}", "hemdata report FOLDER"],
        resamples=f"{results.resamples:,}".replace(",", "\u202f"),
        downloads=downloads(rows, tables, why, variance),
        data=as_script({**points(tables), "labels": dict(labels), "sets": figures.sets}),
        label=layout.label,
        number=number,
    )
