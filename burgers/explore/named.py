"""The panel of any named problem: computed and exact density under sliders of its inputs."""

from typing import Any

import ipywidgets as widgets
import numpy as np
from numpy.typing import NDArray

from burgers import exact, metrics, problems, solver
from burgers.explore.pictures import Panel, Picture, captioned, curves_of, slider
from burgers.plots import INPUT, MONTE_CARLO
from burgers.problems import centres, edges

CELLS = (50, 100, 200, problems.CELLS)
# The part of a distribution that a slider covers, and the draws that set the height of the figure.
QUANTILES, DRAWS = (0.005, 0.995), 32


class ProblemPanel(Panel):
    """The density of a named problem: computed and exact.

    A number is moved by a slider over the middle 99 % of its distribution, in its logarithm if all
    of these are positive and far apart; a vector, or whatever has no `ppf`, by the number of a
    random draw. Sliders start at the first of these.

    Attributes
    ----------
    name, time, scheme, cells : the controls that every problem has.
    moved : the controls of the inputs, by input.
    whole : the figure.
    computed, exact : the densities shown.
    view : the panel as a widget.
    """

    def __init__(self) -> None:
        self.name = widgets.Dropdown(options=problems.names(), value="pinn", description="problem")
        self.time = slider("t", 0.0, 1.0, value=0.5)
        self.scheme = widgets.Dropdown(options=list(solver.SCHEMES), description="scheme")
        self.cells = widgets.SelectionSlider(options=CELLS, value=200, description="cells")
        self.whole = Picture("density on [0, 1]", xlabel="$x$", xlim=(0, 1))
        self.curves = curves_of(self.whole)
        self.moved: dict[str, Any] = {}
        self.watch(self.time, self.scheme, self.cells)
        self.name.observe(lambda _: self.turn(), "value")
        self.lay_out([], [self.whole])
        self.turn()

    def turn(self) -> None:
        """Change to the chosen problem."""
        self.problem = problems.get(self.name.value)
        drawn = self.problem.sample(DRAWS, np.random.default_rng(0))
        self.moved = {name: self._control(name, rows) for name, rows in drawn.items()}
        self.watch(*self.moved.values())
        with self.held():
            self.time.min, self.time.max = 0.0, round(self.problem.last_time, 2)
            self.time.value = 0.5 * self.time.max
        self.control_by([self.name, *self.moved.values(), self.time, self.scheme, self.cells])
        heights = self.problem.averages(CELLS[-1], drawn)
        margin = 0.1 * (np.ptp(heights) or 1.0)
        self.whole.ax.set_ylim(heights.min() - margin, heights.max() + margin)
        self.whole.canvas.draw()
        self.update()

    def _control(self, name, rows):
        law = self.problem.inputs[name]
        if rows.ndim > 1 or not callable(getattr(law, "ppf", None)):
            return widgets.IntSlider(0, 0, DRAWS - 1, description=f"{name}, draw")
        low, high = (float(law.ppf(q)) for q in QUANTILES)
        first = float(np.clip(rows[0], low, high))
        if low > 0 and high > 100 * low:
            low, high, first = np.log(low), np.log(high), np.log(first)
            return slider(f"log {name}", low, high, value=first)
        return slider(name, low, high, value=first)

    def inputs(self) -> dict[str, NDArray[np.float64]]:
        """The inputs that the controls show, of one realisation."""
        drawn = self.problem.sample(DRAWS, np.random.default_rng(0))
        found = {}
        for name, control in self.moved.items():
            if isinstance(control, widgets.IntSlider):
                found[name] = drawn[name][[control.value]]
            else:
                value = control.value
                found[name] = np.array([np.exp(value) if "log " in control.description else value])
        return found

    def update(self) -> None:
        """Solve, and redraw the figure."""
        problem, inputs, cells = self.problem, self.inputs(), self.cells.value
        time = [self.time.value]
        self.exact = exact.density(problem, time, cells=CELLS[-1], refinement=2, **inputs)[0]
        self.computed = solver.solve(
            problem.averages(cells, inputs), problem.reynolds(inputs, 1), time,
            boundary=problem.boundary, scheme=self.scheme.value,
        )[0]  # fmt: skip
        red, black, blue = self.curves
        red.set_data(centres(CELLS[-1]), self.exact)
        black.set_data(self.computed, edges(cells))
        blue.set_data([], [])
        self.whole.refresh()
        known = self.exact.reshape(cells, -1).mean(axis=1)
        error = metrics.relative_error(self.computed, known) if known.any() else 0.0
        self.caption.value = captioned(
            (MONTE_CARLO, "exact", f"cell averages on {CELLS[-1]} cells"),
            (INPUT, "computed", f"{100 * error:.2f} % from the exact density"),
            note=problem.description,
        )
