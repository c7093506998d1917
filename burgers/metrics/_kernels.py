"""Compiled loops over sorted columns: distances of two groups, for many ways to form them.

With F and G the distribution functions of the two groups, in one column,

    W₁ = ∫ |F - G| dρ,   CRPS = ∫ (F - G)² + G (1 - G) dρ,

the second the mean over the second group of the continuous ranked probability score of the first.
Every way to form the groups shares the sorted column.
"""

from burgers._compiled import compiled


@compiled
def column_distances(values, order, groups, sizes, ranks, found, quantiles, share, shares):
    """Distances of the groups in each column, and values at given ranks of each group.

    values, order : (columns, realisations), sorted, and the realisations in that order.
    groups : (splits, realisations) int8, 1 and 2 for the two groups, 0 for neither.
    sizes : (splits, 2) numbers of realisations of the groups.
    ranks : (splits, 2, ranks) for each group, from 0, increasing.
    found : (splits, columns, 2), filled with W₁ and CRPS.
    quantiles : (splits, columns, 2, ranks), filled with the values at the ranks.
    """
    count = values.shape[1]
    for column in range(share, values.shape[0], shares):
        ordered, places = values[column], order[column]
        for split in range(groups.shape[0]):
            mine = groups[split]
            per_first, per_second = 1.0 / sizes[split, 0], 1.0 / sizes[split, 1]
            first, second, next_first, next_second = 0, 0, 0, 0
            distance, score = 0.0, 0.0
            for i in range(count):
                group = mine[places[i]]
                if group == 1:
                    while next_first < ranks.shape[2] and ranks[split, 0, next_first] == first:
                        quantiles[split, column, 0, next_first] = ordered[i]
                        next_first += 1
                    first += 1
                elif group == 2:
                    while next_second < ranks.shape[2] and ranks[split, 1, next_second] == second:
                        quantiles[split, column, 1, next_second] = ordered[i]
                        next_second += 1
                    second += 1
                if i + 1 < count:
                    gap = ordered[i + 1] - ordered[i]
                    below = second * per_second
                    off = first * per_first - below
                    distance += gap * abs(off)
                    score += gap * (off * off + below * (1.0 - below))
            found[split, column, 0] = distance
            found[split, column, 1] = score
