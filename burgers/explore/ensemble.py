"""The panel of an ensemble: its mean and standard deviation, and their errors."""

from pathlib import Path

import ipywidgets as widgets
import numpy as np

from burgers import metrics
from burgers.explore.models import KINDS, SOLVED, drawn, exact_band
from burgers.explore.pictures import Panel, Picture, captioned
from burgers.models import vae
from burgers.plots import GENERATED, MONTE_CARLO
from burgers.problems import Problem, centres
from burgers.solver import Scheme

MEMBERS = 1000


class EnsemblePanel(Panel):
    """A growing ensemble: its mean ± std over the exact ones, and their errors.

    Parameters
    ----------
    case : control of the case, shared with other panels.
    files : files of the auto-encoders, of `prepared`.
    seed : of the ensemble; increased by each click on "draw again".
    scheme : by which the training data of the auto-encoders was solved.

    Attributes
    ----------
    source, members, grow, again : the controls.
    band, errors : the figures.
    means, stds : (1000, 400) mean and std of the first 1, ..., 1000 members.
    mean_error, std_error : (1000,) their relative L2 errors.
    view : the panel as a widget.
    """

    def __init__(
        self,
        case: widgets.Dropdown,
        files: dict[tuple[str, str], Path],
        seed: int,
        scheme: Scheme,
    ) -> None:
        self.files, self.seed, self.scheme = files, seed, scheme
        labels = {**{name: name for name in SOLVED}, **{f"{k} auto-encoder": k for k in KINDS}}
        self.source = widgets.Dropdown(options=labels, value="sharper", description="drawn by")
        self.members = widgets.IntSlider(100, 2, MEMBERS, description="members")
        self.grow = widgets.ToggleButton(description="▶ grow")
        self.again = widgets.Button(description="draw again")
        # Hidden, it only times the growth: its buttons are icons that a page may have to fetch.
        clock = widgets.Play(
            100, min=2, max=MEMBERS, step=10, interval=120, layout={"display": "none"}
        )
        widgets.jslink((self.grow, "value"), (clock, "playing"))
        widgets.jslink((clock, "value"), (self.members, "value"))
        self.band = Picture("mean ± std over all times", xlabel="$x$", xlim=(0, 1))
        self.errors = Picture(
            "relative errors", xlabel="members", xscale="log", yscale="log",
            xlim=(2, MEMBERS), ylim=(1e-3, 10),
        )  # fmt: skip
        self._artists()
        self.watch(self.members)
        self.source.observe(lambda _: self._draw_members(), "value")
        self.again.on_click(lambda _: self._draw_again())
        row = widgets.HBox([self.grow, self.again, clock])
        self.lay_out([case, self.source, self.members, row], [self.band, self.errors])

    def show(self, case: Problem) -> None:
        """Change to a case."""
        self.case = case
        mean, std = exact_band(case)
        self.red.set_data(centres(vae.CELLS), mean - std, mean + std)
        self.red_mean.set_data(centres(vae.CELLS), mean)
        self.band.ax.set_ylim((mean - std).min() - 0.1, (mean + std).max() + 0.1)
        self.band.canvas.draw()
        self._draw_members()

    def update(self) -> None:
        """Show the ensemble of the first members."""
        count = self.members.value
        mean, std = self.means[count - 1], self.stds[count - 1]
        self.blue.set_data(centres(vae.CELLS), mean - std, mean + std)
        self.blue_mean.set_data(centres(vae.CELLS), mean)
        self.band.refresh()
        counts = np.arange(2, count + 1)
        for line, errors in zip(self.curves, (self.mean_error, self.std_error), strict=True):
            line.set_data(counts, errors[1:count])
        self.errors.refresh()
        self.caption.value = captioned(
            (MONTE_CARLO, "exact", "mean ± std, T over the report's range"),
            (GENERATED, f"{count} densities", "mean ± std"),
            note=f"Error of the mean: {100 * self.mean_error[count - 1]:.1f} %, "
            f"of the std: {100 * self.std_error[count - 1]:.1f} %.",
        )

    def _artists(self):
        nothing = [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]
        fill, plot = self.band.ax.fill_between, self.band.ax.plot
        self.red = fill(*nothing, color=MONTE_CARLO, alpha=0.25, linewidth=0)
        (self.red_mean,) = plot([], [], color=MONTE_CARLO)
        self.blue = self.band.moving(fill(*nothing, color=GENERATED, alpha=0.3, linewidth=0))
        self.blue_mean = self.band.moving(*plot([], [], color=GENERATED, linestyle="--"))
        self.curves = [
            self.errors.moving(*self.errors.ax.plot([], [], style, color=GENERATED, label=label))
            for style, label in (("-", "mean"), ("--", "std"))
        ]
        self.errors.ax.legend(loc="upper right", ncols=2)

    def _draw_again(self):
        self.seed += 1
        self._draw_members()

    def _draw_members(self):
        sample = drawn(self.case, self.source.value, MEMBERS, self.files, self.seed, self.scheme)
        counts = np.arange(1, MEMBERS + 1)[:, None]
        self.means = np.cumsum(sample, axis=0, dtype=float) / counts
        squares = np.cumsum(np.square(sample, dtype=float), axis=0) / counts
        self.stds = np.sqrt(np.maximum(squares - self.means**2, 0.0))
        mean, std = exact_band(self.case)
        self.mean_error = metrics.relative_error(self.means, mean)
        self.std_error = metrics.relative_error(self.stds, std)
        self.update()
