"""A model Hessian of stretches, bends and torsions (Lindh et al., Chem. Phys. Lett. 1995, 241, 423), all in numpy."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

# Decay (1/bohr^2) and reference distance (bohr) by the rows of the two atoms: first, or any later one.
ALPHA = np.array([[1.0, 0.3949], [0.3949, 0.28]])
REFERENCE = np.array([[1.35, 2.10], [2.10, 2.53]])
STRETCH, BEND, TORSION = 0.45, 0.15, 0.005  # hartree/bohr^2, hartree/rad^2
NEAR, BONDED = 1e-3, 0.02
LARGEST_NEARNESS = 10.0
LINEAR_SINE = 0.17


class Internals(NamedTuple):
    """Atoms of the stretches (i, j), bends (centre, i, k) and torsions (i, j, k, l)."""

    stretches: tuple[Ints, ...]
    bends: tuple[Ints, ...]
    torsions: tuple[Ints, ...]


def nearness(atomic_numbers: npt.NDArray[np.integer], x: Floats) -> Floats:
    """(N, N): how close each pair is to a bond; x in bohr."""
    row = (np.asarray(atomic_numbers) > 2).astype(int)
    square = ((x[:, None] - x[None]) ** 2).sum(-1)
    near = np.exp(ALPHA[row[:, None], row] * (REFERENCE[row[:, None], row] ** 2 - square))
    np.fill_diagonal(near, 0.0)
    return np.asarray(np.minimum(near, LARGEST_NEARNESS))


def internals(near: Floats) -> Internals:
    """The internal coordinates that a geometry's nearness matrix suggests."""
    bonded, n = near > BONDED, len(near)
    i, j = np.nonzero(np.triu(near > NEAR, 1))
    ordered = np.arange(n)[:, None] < np.arange(n)
    c, a, b = np.nonzero(bonded[:, :, None] & bonded[:, None, :] & ordered[None])
    kept = near[c, a] * near[c, b] > BONDED
    tj, tk = np.nonzero(np.triu(bonded, 1))
    axis, ti, tl = np.nonzero(bonded[tj][:, :, None] & bonded[tk][:, None, :])
    tj, tk = tj[axis], tk[axis]
    whole = (ti != tk) & (tl != tj) & (ti != tl) & (near[ti, tj] * near[tj, tk] * near[tk, tl] > BONDED)
    return Internals((i, j), (c[kept], a[kept], b[kept]), (ti[whole], tj[whole], tk[whole], tl[whole]))


def model_hessian(atomic_numbers: npt.NDArray[np.integer], x: Floats) -> Floats:
    """(3N, 3N) hartree/bohr^2 at x (N, 3) bohr; symmetric, positive semi-definite, blind to translation."""
    near = nearness(atomic_numbers, x)
    chosen = internals(near)
    rows, constants = zip(
        _stretches(near, x, chosen.stretches),
        *_bends(near, x, chosen.bends),
        _torsions(near, x, chosen.torsions),
        strict=True,
    )
    b = np.concatenate(rows).reshape(-1, x.size)
    return np.asarray((b.T * np.concatenate(constants)) @ b)


def _placed(n: int, *parts: tuple[Ints, Floats]) -> Floats:
    """(m, n, 3) from the derivative of each coordinate by each of its atoms."""
    m = len(parts[0][0])
    b, each = np.zeros((m, n, 3)), np.arange(m)
    for atom, derivative in parts:
        b[each, atom] += derivative
    return b


def _stretches(near: Floats, x: Floats, atoms: tuple[Ints, ...]) -> tuple[Floats, Floats]:
    i, j = atoms
    d = x[i] - x[j]
    u = d / np.linalg.norm(d, axis=1)[:, None]
    return _placed(len(x), (i, u), (j, -u)), STRETCH * near[i, j]


def _bends(near: Floats, x: Floats, atoms: tuple[Ints, ...]) -> list[tuple[Floats, Floats]]:
    c, i, k = atoms
    d1, d2 = x[i] - x[c], x[k] - x[c]
    r1, r2 = np.linalg.norm(d1, axis=1)[:, None], np.linalg.norm(d2, axis=1)[:, None]
    u, v = d1 / r1, d2 / r2
    cosine = (u * v).sum(1).clip(-1, 1)[:, None]
    sine = np.sqrt(1 - cosine**2)
    linear = sine[:, 0] < LINEAR_SINE
    # A linear bend has no plane of its own: it bends in two planes across an axis that is not along it.
    axis = np.eye(3)[np.abs(u).argmin(1)]
    first = np.cross(u, axis)
    first /= np.maximum(np.linalg.norm(first, axis=1), 1e-12)[:, None]
    second = np.cross(u, first)
    safe = np.maximum(sine, 1e-6)
    p1 = np.where(linear[:, None], first, (cosine * u - v) / safe)
    p2 = np.where(linear[:, None], first, (cosine * v - u) / safe)
    constant = BEND * near[c, i] * near[c, k]
    bent = _placed(len(x), (i, p1 / r1), (k, p2 / r2), (c, -p1 / r1 - p2 / r2))
    c, i, k, second, r1, r2 = c[linear], i[linear], k[linear], second[linear], r1[linear], r2[linear]
    across = _placed(len(x), (i, second / r1), (k, second / r2), (c, -second / r1 - second / r2))
    return [(bent, constant), (across, constant[linear])]


def _torsions(near: Floats, x: Floats, atoms: tuple[Ints, ...]) -> tuple[Floats, Floats]:
    i, j, k, m = atoms
    f, g, h = x[i] - x[j], x[j] - x[k], x[m] - x[k]
    a, c = np.cross(f, g), np.cross(h, g)
    a2, c2, length = (a * a).sum(1), (c * c).sum(1), np.linalg.norm(g, axis=1)
    bent = (a2 / ((f * f).sum(1) * length**2) > 0.03) & (c2 / ((h * h).sum(1) * length**2) > 0.03)
    a2, c2 = np.maximum(a2, 1e-3), np.maximum(c2, 1e-3)
    di, dm = -(length / a2)[:, None] * a, (length / c2)[:, None] * c
    fg, hg = ((f * g).sum(1) / (a2 * length))[:, None] * a, ((h * g).sum(1) / (c2 * length))[:, None] * c
    constant = TORSION * near[i, j] * near[j, k] * near[k, m] * bent
    return _placed(len(x), (i, di), (j, -di + fg - hg), (k, -dm - fg + hg), (m, dm)), constant
