"""reasons: why a model errs on a group, each reason a function from rows to a table of its own."""

from hemdata.analysis.reasons.errors import Drawn, drawn, mean_over_seeds, signed_errors
from hemdata.analysis.reasons.every import Reasons, largest_trained, reasons_of
from hemdata.analysis.reasons.labels.geometry import geometry_part, geometry_parts
from hemdata.analysis.reasons.labels.level import atoms_part, level_part
from hemdata.analysis.reasons.labels.published_level import beside_published, between_levels, level_reasons
from hemdata.analysis.reasons.molecules.composition import composition, cured_by, per_element
from hemdata.analysis.reasons.molecules.environments import set_against_set, unseen_environments
from hemdata.analysis.reasons.molecules.functional_groups import by_functional_group
from hemdata.analysis.reasons.molecules.leaks import leaked_errors, leaked_molecules
from hemdata.analysis.reasons.molecules.size import size
from hemdata.analysis.reasons.parts import REMAINDER, parts
from hemdata.analysis.reasons.seeds import seed_noise

__all__ = [
    "REMAINDER",
    "Drawn",
    "Reasons",
    "atoms_part",
    "beside_published",
    "between_levels",
    "by_functional_group",
    "composition",
    "cured_by",
    "drawn",
    "geometry_part",
    "geometry_parts",
    "largest_trained",
    "leaked_errors",
    "leaked_molecules",
    "level_part",
    "level_reasons",
    "mean_over_seeds",
    "parts",
    "per_element",
    "reasons_of",
    "seed_noise",
    "set_against_set",
    "signed_errors",
    "size",
    "unseen_environments",
]
