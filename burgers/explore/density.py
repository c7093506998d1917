"""The panel of one density: computed, exact, and reconstructed by an auto-encoder."""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np
from numpy.typing import NDArray

from burgers import exact, metrics, problems, solver
from burgers.explore.models import EncodedEnsemble, averages
from burgers.explore.pictures import Panel, Picture, captioned, curves_of, slider
from burgers.models import vae
from burgers.plots import GENERATED, INPUT, MONTE_CARLO
from burgers.problems import LOG_REYNOLDS, STEP, Problem, centres, edges

# With more cells, the second-order scheme at a small Re would not keep up with a slider.
CELLS = (50, 100, 200, problems.CELLS)
EXACT_CELLS = 800
# Half the width of the close-up of the front.
HALF_WIDTH = 0.06
NOTE = f"Cell averages. The input of the auto-encoder is the computed density on {vae.CELLS} cells."


class DensityPanel(Panel):
    """One density: computed, exact, and reconstructed by an auto-encoder.

    Parameters
    ----------
    choice : controls shared with other panels, shown above those of this one.
    follow : called with the code (latents,) of each density shown.

    Attributes
    ----------
    log_reynolds, step, time, scheme, cells : the controls.
    whole, front : the figures.
    computed, exact, rebuilt : densities shown, on `cells`, 800 and 400 cells.
    seen : (400,) input of the auto-encoder.
    view : the panel as a widget.
    """

    def __init__(
        self, choice: Sequence[widgets.Widget], follow: Callable[[NDArray[Any]], None]
    ) -> None:
        self.follow = follow
        self.log_reynolds = slider("log Re", *LOG_REYNOLDS, value=8.0, step=0.1)
        self.step = slider("a", *STEP, value=0.2)
        self.time = slider("T", 0.0, 1.0, value=0.3)
        self.scheme = widgets.Dropdown(options=list(solver.SCHEMES), description="scheme")
        self.cells = widgets.SelectionSlider(options=CELLS, value=CELLS[-1], description="cells")
        self.whole = Picture("density", xlabel="$x$", xlim=(0, 1))
        self.front = Picture(
            "close-up of the front",
            xlabel="$x$ relative to the front",
            xlim=(-HALF_WIDTH, HALF_WIDTH),
            xticks=(-0.05, 0.0, 0.05),
        )
        self.curves = [curves_of(picture) for picture in (self.whole, self.front)]
        controls = [self.log_reynolds, self.step, self.time, self.scheme, self.cells]
        self.watch(*controls)
        self.lay_out([*choice, *controls], [self.whole, self.front])

    def show(self, case: Problem, encoded: EncodedEnsemble) -> None:
        """Change to a case and to an auto-encoder trained on it."""
        self.case, self.encoded = case, encoded
        with self.held():
            self.time.max = round(case.last_time, 2)
        self.step.layout.display = None if "step" in case.inputs else "none"
        for picture in (self.whole, self.front):
            picture.ax.set_ylim((0.0, 1.1) if "step" in case.inputs else (-1.1, 1.1))
            picture.canvas.draw()
        self.update()

    def update(self) -> None:
        """Solve, encode and decode, and redraw the figures."""
        case, time, reynolds = self.case, self.time.value, np.exp(self.log_reynolds.value)
        step = {"step": self.step.value} if "step" in case.inputs else {}
        self.computed = solver.solve(
            case.initial(self.cells.value, **step), reynolds, time,
            boundary=case.boundary, scheme=self.scheme.value,
        )  # fmt: skip
        self.exact = exact.density(case, time, reynolds=reynolds, cells=EXACT_CELLS, **step)
        self.seen = averages(self.computed, vae.CELLS)
        code = self.encoded.encode(self.seen)
        self.rebuilt = self.encoded.decode(code)
        speed = 0.5 * (1.0 + self.step.value) if "step" in case.inputs else 0.0
        self._draw(0.5 + speed * time)
        self.follow(code)

    def _draw(self, middle):
        for picture, curves, shift in zip(
            (self.whole, self.front), self.curves, (0.0, middle), strict=True
        ):
            red, black, blue = curves
            red.set_data(centres(EXACT_CELLS) - shift, self.exact)
            black.set_data(self.computed, edges(self.computed.size) - shift)
            blue.set_data(centres(vae.CELLS) - shift, self.rebuilt)
            picture.refresh()
        solved = metrics.relative_error(self.computed, averages(self.exact, self.computed.size))
        rebuilt = metrics.relative_error(self.rebuilt, self.seen)
        self.caption.value = captioned(
            (MONTE_CARLO, "exact", ""),
            (INPUT, "computed", f"{100 * solved:.2f} % from the exact density"),
            (GENERATED, "auto-encoder", f"{100 * rebuilt:.2f} % from its input"),
            note=NOTE,
        )
