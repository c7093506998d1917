"""What is wrong with computed densities and moments, measured against the exact ones."""

import numpy as np

from burgers import exact, metrics, problems, solver
from burgers.exact.quadrature import gauss_legendre

# Candidates among which the effective Reynolds number is sought.
LOG_CANDIDATES = np.arange(2.0, 15.0, 0.02)


def l1_error(case, time, *, reynolds, step=None, cells=400, scheme):
    """Mean over x of the distance between computed and exact cell averages: a float."""
    initial = case.initial(cells, step=step)
    computed = solver.solve(initial, reynolds, time, boundary=case.boundary, scheme=scheme)
    return float(
        np.abs(
            computed - exact.density(case, time, reynolds=reynolds, step=step, cells=cells)
        ).mean()
    )


def effective_reynolds(case, time, *, reynolds, step=None, cells=400, scheme):
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


def exact_sample(ensemble):
    """The exact densities at an ensemble's own random inputs, (realisations, cells)."""
    inputs = {name: ensemble[name].values for name in ("reynolds", "step") if name in ensemble}
    return exact.density(
        problems.CASES[ensemble.attrs["case"]], ensemble.final_time.values,
        cells=ensemble.sizes["x"], **inputs,
    )  # fmt: skip


def moments_of_scheme(densities, exact_densities, mean, std):
    """Mean and std of the law that a scheme computes, nearly free of sampling error.

    The exact moments are known, and the scheme's differ from them by what they differ on the same
    inputs (a control variate): E[ρ'] = E[ρ] + E[ρ' - ρ], Var[ρ'] = Var[ρ] + (Var[ρ'] - Var[ρ]).

    densities, exact_densities (realisations, cells) at the same inputs; mean, std (cells,) exact.
    """
    ours, theirs = metrics.mean_and_std(densities), metrics.mean_and_std(exact_densities)
    variance = std**2 + ours[1] ** 2 - theirs[1] ** 2
    return mean + ours[0] - theirs[0], np.sqrt(np.maximum(variance, 0.0))


def monte_carlo_errors(sample, mean, std, count):
    """Expected errors (root mean square) of the mean and std of `count` draws of a law.

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


def plain_moments(case, time=None, *, order, cells=400):
    """Mean and std of the exact law by one Gauss-Legendre rule over all of T and the step.

    What `exact.mean_and_std` improves on: the rule of `order` nodes does not know where the
    density has its kinks. Over log Re both use the same nodes.
    """
    axes = [gauss_legendre([problems.LOG_REYNOLDS], exact.REYNOLDS_NODES)]
    axes.append(
        gauss_legendre([problems.STEP], order) if case.random_step else (np.zeros(1), np.ones(1))
    )
    whole = (case.first_time, case.last_time)
    axes.append(gauss_legendre([whole], order) if time is None else (np.full(1, time), np.ones(1)))
    log_reynolds, step, times = (
        nodes.ravel() for nodes in np.meshgrid(*(nodes for nodes, _ in axes), indexing="ij")
    )
    weights = np.einsum("i,j,k->ijk", *(weights / weights.sum() for _, weights in axes)).ravel()
    inputs = {"reynolds": np.exp(log_reynolds), **({"step": step} if case.random_step else {})}
    densities = exact.density(case, times, cells=cells, **inputs)
    mean = weights @ densities
    return mean, np.sqrt(weights @ (densities - mean) ** 2)


def without_boundary(case, time, *, reynolds, step, cells=400, scheme="muscl"):
    """The creneau computed on [0, 2] in place of [0, 1]: what it would be without a boundary at 1.

    The equation is the same after x = 2x', t = 2t', Re' = 2Re. Returns the cells of [0, 1].
    """
    left = case.initial(cells, step=step)
    initial = np.concatenate([left, np.broadcast_to(left[..., -1:], left.shape)], axis=-1)
    wide = solver.solve(
        initial, 2.0 * np.asarray(reynolds), np.asarray(time) / 2.0,
        boundary=case.boundary, scheme=scheme,
    )  # fmt: skip
    return wide[..., :cells]
