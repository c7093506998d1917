"""Errors of computed densities and moments, measured against the exact ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from burgers import exact, metrics, problems, solver
from burgers.ensembles import dataset
from burgers.exact.quadrature import gauss_legendre
from burgers.paths import stored
from burgers.problems import CASES, CRENEAU, SINUS, Problem
from burgers.profiles import Profile
from burgers.solver import Scheme
from burgers.streams import generator

SCHEMES: tuple[Scheme, ...] = ("rusanov", "muscl")
# What is converged on: grids, and log Re from one that they resolve to one that none does.
CELLS = (50, 100, 200, 400, 800, 1600)
LOG_CONVERGED = (5, 8, 11)
# Candidates among which the effective Reynolds number is sought.
LOG_CANDIDATES = np.arange(2.0, 15.0, 0.02)
# Orders of the quadrature rules whose errors are shown.
REYNOLDS_ORDERS = (4, 8, 16, 24, 32, 40)
PANEL_ORDERS = (2, 4, 6, 8, 10)
PLAIN_ORDERS = (4, 8, 16, 32)
# The front that reaches furthest past x = 1, and the cells in which that shows.
FURTHEST = {"reynolds": np.exp(4.0), "step": 0.3}
NEAR_END = 0.75
# Ensembles whose moments are compared, and their final time; None for all times.
ENSEMBLES: dict[str, tuple[Problem, float | None]] = {
    f"{case.name}, {'all times' if time is None else f'T = {time}'}": (case, time)
    for case in (SINUS, CRENEAU)
    for time in (None, case.fixed_time)
}


def l1_error(
    case: Problem, time: float, *, reynolds: ArrayLike, step: Any = None,
    cells: int = problems.CELLS, scheme: Scheme,
) -> float:  # fmt: skip
    """Mean over x of the distance between computed and exact cell averages: a float."""
    initial = case.initial(cells, step=step)
    computed = solver.solve(initial, reynolds, time, boundary=case.boundary, scheme=scheme)
    known = exact.density(case, time, reynolds=reynolds, step=step, cells=cells)
    return float(np.abs(computed - known).mean())


def convergence() -> dict[str, dict[str, list[float]]]:
    """L1 errors of the sinus at T = 0.4 on the grids `CELLS`: a list by scheme and Re."""
    return {
        scheme: {
            f"Re = e^{log}": [
                l1_error(SINUS, SINUS.fixed_time, reynolds=np.exp(log), cells=n, scheme=scheme)
                for n in CELLS
            ]
            for log in LOG_CONVERGED
        }
        for scheme in SCHEMES
    }


def finest_orders(errors: dict[str, dict[str, list[float]]]) -> dict[str, np.ndarray]:
    """Observed order between the two finest grids, by scheme, one for each Re of `convergence`."""
    return {
        scheme: np.log2([values[-2] / values[-1] for values in curves.values()])
        for scheme, curves in errors.items()
    }


def mean_errors(seed: int, count: int = 64) -> dict[str, float]:
    """Mean L1 error of `count` random realisations of the sinus at T = 0.4, by scheme."""
    reynolds = SINUS.sample(count, generator(seed, "verification"))["reynolds"]
    return {
        scheme: l1_error(SINUS, SINUS.fixed_time, reynolds=reynolds, scheme=scheme)
        for scheme in SCHEMES
    }


def effective_reynolds(
    case: Problem, time: float, *, reynolds: ArrayLike, step: Any = None,
    cells: int = problems.CELLS, scheme: Scheme,
) -> NDArray[np.float64]:  # fmt: skip
    """The Reynolds number whose exact density is nearest to the computed one.

    reynolds (count,) as asked of the scheme -> (count,) the minimisers over Re' of
    ||computed - exact(Re')|| in L2 over x.
    """
    initial = case.initial(cells, step=step)
    computed = solver.solve(initial, reynolds, time, boundary=case.boundary, scheme=scheme)
    candidates = np.exp(LOG_CANDIDATES)
    known = exact.density(case, time, reynolds=candidates, step=step, cells=cells)
    distance = np.linalg.norm(computed[:, None, :] - known, axis=-1)
    return candidates[distance.argmin(axis=1)]


def effective_by_scheme(reynolds: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Effective Reynolds numbers at the report's two times, by ensemble and scheme."""
    asked = {"sinus, T = {}": (SINUS, None), "creneau, T = {}, a = 0.2": (CRENEAU, 0.2)}
    return {
        label.format(case.fixed_time): {
            scheme: effective_reynolds(
                case, case.fixed_time, reynolds=reynolds, step=step, scheme=scheme
            )
            for scheme in SCHEMES
        }
        for label, (case, step) in asked.items()
    }


def exact_sample(ensemble: xr.Dataset) -> np.ndarray:
    """The exact densities at an ensemble's own random inputs, (realisations, cells)."""
    problem = CASES[ensemble.attrs["problem"]]
    inputs: dict[str, Any] = {name: ensemble[name].values for name in problem.inputs}
    return exact.density(problem, ensemble.final_time.values, cells=ensemble.sizes["x"], **inputs)


def solved_again(ensemble: xr.Dataset, scheme: Scheme) -> np.ndarray:
    """The densities of a scheme at an ensemble's own random inputs, (realisations, cells)."""
    case = CASES[ensemble.attrs["problem"]]
    step = ensemble.step.values if "step" in ensemble else None
    return solver.solve(
        case.initial(ensemble.sizes["x"], step=step), ensemble.reynolds.values,
        ensemble.final_time.values, boundary=case.boundary, scheme=scheme,
    )  # fmt: skip


def moments_of_scheme(
    densities: np.ndarray, exact_densities: np.ndarray, mean: np.ndarray, std: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and std of a scheme's densities, nearly free of sampling error.

    The exact moments are known, and the scheme's differ from them by what they differ on the same
    inputs (a control variate): E[ρ'] = E[ρ] + E[ρ' - ρ], Var[ρ'] = Var[ρ] + (Var[ρ'] - Var[ρ]).

    densities, exact_densities (realisations, cells) at the same inputs; mean, std (cells,) exact.
    """
    ours, theirs = metrics.mean_and_std(densities), metrics.mean_and_std(exact_densities)
    variance = std**2 + ours[1] ** 2 - theirs[1] ** 2
    return mean + ours[0] - theirs[0], np.sqrt(np.maximum(variance, 0.0))


def monte_carlo_errors(
    sample: np.ndarray, mean: np.ndarray, std: np.ndarray, count: int
) -> dict[str, float]:
    """Expected errors (root mean square) of the mean and std of `count` independent draws.

    By the central limit theorem the variance of the sample mean is s²/n, and of the sample std
    (m₄ - s⁴)/(4 s² n). `sample` (realisations, cells) serves for the fourth moment m₄ alone.
    """
    fourth = ((np.asarray(sample, dtype=np.float64) - mean) ** 4).mean(axis=0)
    certain = std < 1e-9
    excess = np.where(certain, 0.0, fourth - std**4) / np.where(certain, 1.0, 4 * std**2)
    return {
        "mean_error": float(np.sqrt((std**2).sum() / count) / np.linalg.norm(mean)),
        "std_error": float(np.sqrt(np.maximum(excess, 0).sum() / count) / np.linalg.norm(std)),
    }


def plain_moments(
    case: Problem, time: float | None = None, *, order: int, cells: int = problems.CELLS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact mean and std by one Gauss-Legendre rule over the whole range of T and of the step.

    `exact.mean_and_std` converges faster: the rule of `order` nodes does not know where the
    density has its kinks. Over log Re both use the same nodes.
    """
    axes = [gauss_legendre([problems.LOG_REYNOLDS], exact.REYNOLDS_NODES)]
    stepped = "step" in case.inputs
    axes.append(gauss_legendre([problems.STEP], order) if stepped else (np.zeros(1), np.ones(1)))
    whole = (case.first_time, case.last_time)
    axes.append(gauss_legendre([whole], order) if time is None else (np.full(1, time), np.ones(1)))
    log_reynolds, step, times = (
        nodes.ravel() for nodes in np.meshgrid(*(nodes for nodes, _ in axes), indexing="ij")
    )
    weights = np.einsum("i,j,k->ijk", *(weights / weights.sum() for _, weights in axes)).ravel()
    inputs: dict[str, Any] = {"step": step} if stepped else {}
    inputs["reynolds"] = np.exp(log_reynolds)
    densities = exact.density(case, times, cells=cells, **inputs)
    mean = weights @ densities
    return mean, np.sqrt(weights @ (densities - mean) ** 2)


def quadrature_errors(cells: int) -> dict[str, dict[str, tuple]]:
    """Largest errors of mean and std over the order of the rule, as `plots.quadrature` draws them.

    One panel for the rule over log Re, one for those over a and T: from an ensemble to (orders,
    errors, line style). The reference is the rule of the default orders.
    """
    over_reynolds, over_rest = {}, {}
    for (label, ensemble), style in zip(
        ENSEMBLES.items(), ("C0o", "C1s", "C2D", "C3^"), strict=True
    ):
        best = np.stack(exact.mean_and_std(*ensemble, cells=cells))

        def errors(rule, name, orders, ensemble=ensemble, best=best):
            found = (rule(*ensemble, cells=cells, **{name: n}) for n in orders)
            return orders, [float(abs(moments - best).max()) for moments in found]

        graded, plain = exact.mean_and_std, plain_moments
        over_reynolds[label] = *errors(graded, "reynolds_nodes", REYNOLDS_ORDERS), style + "-"
        if ensemble == (SINUS, SINUS.fixed_time):
            # Nothing but log Re is random.
            continue
        over_rest[label] = *errors(graded, "panel_nodes", PANEL_ORDERS), style + "-"
        over_rest[f"{label}, one rule"] = *errors(plain, "order", PLAIN_ORDERS), style + ":"
    return {"over log Re": over_reynolds, "over a and T": over_rest}


def tails(log_reynolds: np.ndarray) -> dict[str, np.ndarray]:
    """The share of the creneau's front past x = 1 at the last time, (count,) by step a."""
    last = CRENEAU.last_time
    return {
        f"a = {step}, T = {last}": exact.tail(last, reynolds=np.exp(log_reynolds), step=step)
        for step in (0.1, 0.2, 0.3)
    }


def near_the_end() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """x near 1, and there the creneau that reaches furthest past it: exact, and with two ends."""
    case, last = CRENEAU, CRENEAU.last_time
    reynolds, step = FURTHEST["reynolds"], FURTHEST["step"]
    ended = solver.solve(
        case.initial(step=step), reynolds, last, boundary=case.boundary, scheme="muscl"
    )
    densities = {
        "exact, whole line": exact.density(case, last, **FURTHEST),
        "computed, end at x = 1": ended,
        "computed, end at x = 2": without_boundary(case, last, **FURTHEST),
    }
    x = problems.centres(len(ended))
    near = x > NEAR_END
    return x[near], {label: density[near] for label, density in densities.items()}


def without_boundary(
    case: Problem, time: ArrayLike, *, reynolds: ArrayLike, step: Any, cells: int = problems.CELLS,
    scheme: Scheme = "muscl",
) -> np.ndarray:  # fmt: skip
    """The creneau computed on [0, 2] in place of [0, 1], as if there were no end at x = 1.

    The equation is the same after x = 2x', t = 2t', Re' = 2Re. Returns the cells of [0, 1].
    """
    left = case.initial(cells, step=step)
    initial = np.concatenate([left, np.broadcast_to(left[..., -1:], left.shape)], axis=-1)
    wide = solver.solve(
        initial, 2.0 * np.asarray(reynolds), np.asarray(time) / 2.0,
        boundary=case.boundary, scheme=scheme,
    )  # fmt: skip
    return wide[..., :cells]


def effect_of_end(pool: xr.Dataset) -> dict[str, float]:
    """What the end at x = 1 does to mean and std of a pool of the creneau, all else being equal."""
    free = without_boundary(
        CRENEAU, pool.final_time.values, reynolds=pool.reynolds.values, step=pool.step.values
    )
    return metrics.moment_errors(solved_again(pool, "muscl"), *metrics.mean_and_std(free))


def budget(data: Path, figures: Path, profile: Profile) -> pd.DataFrame:
    """Errors of mean and std against the exact ones, by ensemble and source.

    data : folder of the stored pools; figures : folder of the table of `claims.moments_table`.
    Columns ensemble, source, mean_error and std_error.
    """
    modelled = pd.read_csv(figures / "table_moments.csv")
    modelled = modelled[modelled.samples == modelled.samples.max()]
    rows = []
    for label, (case, time) in ENSEMBLES.items():
        kind = "pool" if time is None else "pool at one time"
        pool = dataset.open(stored(data, kind, case.name, time=time))
        found = _errors_of_sampling(pool, *exact.mean_and_std(case, time, **profile.rule))
        of_case = modelled[modelled.case == case.name].set_index("study")
        for study in ("reconstruction", "prior") if time is None else ("fixed time",):
            found[f"auto-encoder, {study}"] = {
                name: of_case.loc[study, f"exact_{name}"] for name in ("mean_error", "std_error")
            }
        rows += [
            {"ensemble": label, "source": source, **errors} for source, errors in found.items()
        ]
    return pd.DataFrame(rows)


def _errors_of_sampling(pool: xr.Dataset, mean: np.ndarray, std: np.ndarray) -> dict[str, Any]:
    """The errors of both schemes, and of samples of exact densities of two sizes."""
    known, found = exact_sample(pool), {}
    for scheme in SCHEMES:
        moments = moments_of_scheme(solved_again(pool, scheme), known, mean, std)
        found[f"scheme, {scheme}"] = {
            f"{name}_error": metrics.relative_error(ours, theirs)
            for name, ours, theirs in zip(("mean", "std"), moments, (mean, std), strict=True)
        }
    for count in (10_000, 200):
        found[f"Monte Carlo, {count:,} draws"] = monte_carlo_errors(known, mean, std, count)
    return found
