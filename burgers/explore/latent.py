"""The panel of the latent space: maps of the codes, and the density decoded at a point."""

from typing import Any

import ipywidgets as widgets
import numpy as np
from numpy.typing import NDArray

from burgers.explore.models import EncodedEnsemble
from burgers.explore.pictures import Panel, Picture, captioned, map_of, slider
from burgers.models import vae
from burgers.plots import GENERATED, INPUT
from burgers.problems import LOG_REYNOLDS, Problem, centres


class LatentPanel(Panel):
    """Maps of the active latents; the point selected by sliders or by a click is decoded.

    Until a point is selected, the ring follows the code of the density panel.

    Attributes
    ----------
    latents, plane : the controls.
    by_time, by_reynolds, decoded : the figures.
    code : (latents,) the point that is decoded.
    density : (400,) the decoded density.
    view : the panel as a widget.
    """

    def __init__(self) -> None:
        self.latents: list[Any] = []
        self.placed: list[float] = []
        planes = {"z₁ and z₂": (0, 1), "z₁ and z₃": (0, 2), "z₂ and z₃": (1, 2)}
        self.plane = widgets.Dropdown(options=planes, description="map of")
        self.by_time, self.by_reynolds = Picture("codes, by $T$"), Picture("codes, by log Re")
        self.decoded = Picture("decoded at the ring", xlabel="$x$", xlim=(0, 1))
        self.maps = [map_of(self.by_time, "$T$"), map_of(self.by_reynolds, "log Re")]
        (near,) = self.decoded.ax.plot([], [], color=INPUT, linewidth=1.0)
        (blue,) = self.decoded.ax.plot([], [], color=GENERATED, linewidth=2.2)
        self.lines = [self.decoded.moving(line) for line in (blue, near)]
        for picture in (self.by_time, self.by_reynolds):
            picture.canvas.mpl_connect("button_press_event", self.clicked)
        self.plane.observe(lambda _: None if self._held else self._draw_maps(), "value")
        pictures = [self.by_time, self.by_reynolds, self.decoded]
        self.lay_out([], pictures)

    def show(self, case: Problem, encoded: EncodedEnsemble) -> None:
        """Change to a case and to an auto-encoder trained on it."""
        self.case, self.encoded = case, encoded
        shown = encoded.codes[:, encoded.active]
        margin = 0.05 * np.ptp(shown, axis=0)
        self.lowest = np.floor(100.0 * (shown.min(axis=0) - margin)) / 100.0
        self.highest = np.ceil(100.0 * (shown.max(axis=0) + margin)) / 100.0
        self._renew_sliders()
        self.decoded.ax.set_ylim((0.0, 1.1) if "step" in case.inputs else (-1.1, 1.1))
        self.decoded.canvas.draw()
        self.code = encoded.codes.mean(axis=0)
        self._draw_maps()

    def follow(self, code: NDArray[Any]) -> None:
        """Move the ring to the code (latents,) of a density."""
        self.code, self.selected = code.copy(), False
        self._place(range(len(self.encoded.active)), code[self.encoded.active])
        self._draw()

    def clicked(self, event: Any) -> None:
        """Select the point of a map under the mouse; clicks outside the maps are ignored."""
        if event.inaxes not in (self.by_time.ax, self.by_reynolds.ax):
            return
        place = event.xdata, event.ydata
        self.code[self.encoded.active[list(self.plane.value)]] = place
        self.selected = True
        self._place(self.plane.value, place)
        self._draw()

    def update(self) -> None:
        """Decode the point to which a slider moved."""
        for k, index in enumerate(self.encoded.active):
            control = self.latents[k]
            # A page sends back, rounded, each value that it receives.
            if abs(control.value - self.placed[k]) > 0.5 * control.step:
                self.code[index] = self.placed[k] = control.value
                self.selected = True
        self._draw()

    def _renew_sliders(self):
        # A page would clip a new value to the slider's old range, and send the clipped value back.
        for control in self.latents:
            control.close()
        ends = zip("₁₂₃", self.lowest, self.highest, strict=False)
        self.latents = [slider(f"z{k}", low, high, value=low) for k, low, high in ends]
        self.placed = [control.value for control in self.latents]
        self.watch(*self.latents)
        with self.held():
            self.plane.value = (0, 1)
        planes = [self.plane] if len(self.latents) > 2 else []
        self.control_by([*planes, *self.latents])

    def _place(self, which, values):
        """Set sliders to the given values, rounded to what a page can show."""
        with self.held():
            for k, value in zip(which, values, strict=True):
                control = self.latents[k]
                control.value = np.clip(np.round(value, 2), control.min, control.max)
                self.placed[k] = control.value

    def _draw_maps(self):
        inputs, plane = self.encoded.ensemble, list(self.plane.value)
        colours = inputs.final_time.values, np.log(inputs.reynolds.values)
        limits = (0.0, self.case.last_time), LOG_REYNOLDS
        points = self.encoded.codes[:, self.encoded.active[plane]]
        for picture, (dots, _), values, limit in zip(
            (self.by_time, self.by_reynolds), self.maps, colours, limits, strict=True
        ):
            dots.set_offsets(points)
            dots.set_array(values)
            dots.set_clim(*limit)
            picture.ax.set(
                xlabel=f"$z_{plane[0] + 1}$", ylabel=f"$z_{plane[1] + 1}$",
                xlim=(self.lowest[plane[0]], self.highest[plane[0]]),
                ylim=(self.lowest[plane[1]], self.highest[plane[1]]),
            )  # fmt: skip
            picture.canvas.draw()
        self._draw_rings()

    def _draw_rings(self):
        place = self.code[self.encoded.active[list(self.plane.value)]]
        for picture, (_, ring) in zip((self.by_time, self.by_reynolds), self.maps, strict=True):
            ring.set_data([place[0]], [place[1]])
            picture.refresh()

    def _draw(self):
        self._draw_rings()
        nearest = self.encoded.nearest(self.code)
        member = self.encoded.ensemble.isel(realisation=nearest)
        self.density = self.encoded.decode(self.code)
        for line, values in zip(self.lines, (self.density, member.density.values), strict=True):
            line.set_data(centres(vae.CELLS), values)
        self.decoded.refresh()
        time, log_reynolds = float(member.final_time), np.log(float(member.reynolds))
        inputs = f"T = {time:.2f}, log Re = {log_reynolds:.1f}"
        inputs += f", a = {float(member.step):.2f}" if "step" in self.case.inputs else ""
        place = "at the selected point" if self.selected else "from the density above"
        self.caption.value = captioned(
            (GENERATED, "decoded", place),
            (INPUT, "nearest encoded density", inputs),
            note="Click on a map or move the sliders to select a point.",
        )
