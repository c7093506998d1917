"""The parts of every panel: figures that are redrawn quickly, sliders and captions."""

import io
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets
import numpy as np
from ipympl.backend_nbagg import Canvas, FigureManager
from matplotlib.figure import Figure
from PIL import Image

from burgers.plots import GENERATED, INPUT, MONTE_CARLO
from burgers.plots.style import styled


class Picture:
    """A figure with one pair of axes, of which only the moving artists are drawn again.

    Parameters
    ----------
    title, look : title of the axes, and their other properties as in `Axes.set`.

    Attributes
    ----------
    figure, ax, canvas : of matplotlib; the canvas is a widget.
    """

    @styled
    def __init__(self, title: str, **look: Any) -> None:
        # Not quite opaque, so that the canvas sends whole images: differences between images leave
        # traces where the browser skips one.
        self.figure = Figure(figsize=(3.6, 2.9), facecolor=(1.0, 1.0, 1.0, 0.99))
        self.canvas = Canvas(self.figure)
        FigureManager(self.canvas, 0)
        # The canvas would send the image in a form that a page cannot read; drawing sends it.
        self.canvas.syncing_data_url = False
        self.canvas.toolbar_visible = False
        self.canvas.header_visible = False
        self.canvas.footer_visible = False
        self.canvas.resizable = False
        # A page assumes that a new canvas is resizable.
        self.canvas.on_msg(
            lambda canvas, message, _: (
                canvas.send_state("resizable") if message["type"] == "initialized" else None
            )
        )
        self.canvas.layout.flex = "0 0 auto"
        self.ax = self.figure.add_subplot(title=title, **look)
        self._moving: list[Any] = []
        self._still: Any = None
        self._size: tuple[int, int] | None = None
        self.canvas.mpl_connect("draw_event", self._drawn)

    def moving(self, artist: Any) -> Any:
        """Register an artist that moves; returns it."""
        artist.set_animated(True)
        self._moving.append(artist)
        return artist

    def refresh(self) -> None:
        """Draw the moving artists again, over a copy of the others."""
        if self._size != self.canvas.get_width_height(physical=True):
            self.canvas.draw()
            return
        self.canvas.restore_region(self._still)
        self._draw_moving()
        self.canvas.blit()

    def _drawn(self, _):
        if not self.canvas.is_saving():
            self._still = self.canvas.copy_from_bbox(self.figure.bbox)
            self._size = self.canvas.get_width_height(physical=True)
        self._draw_moving()

    def _draw_moving(self):
        for artist in self._moving:
            self.ax.draw_artist(artist)


class Panel:
    """Controls and figures; a change of a control calls `update`, except inside `held`."""

    _held = False

    def update(self) -> None:
        """Redraw the figures; called at each change of a control."""
        raise NotImplementedError

    def watch(self, *controls: Any) -> None:
        """Call `update` at each change of these controls."""
        for control in controls:
            control.observe(lambda _: None if self._held else self.update(), "value")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Context in which changes of controls do not call `update`."""
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def lay_out(self, controls: Sequence[Any], pictures: Sequence[Picture]) -> None:
        """Create `view`: controls, caption, and figures that wrap on a narrow page."""
        self.pictures = pictures
        self.caption = widgets.HTML()
        self.left = widgets.VBox(layout={"width": "312px", "flex": "0 0 auto"})
        self.control_by(controls)
        canvases = [picture.canvas for picture in pictures]
        self.view = widgets.Box([self.left, *canvases], layout={"flex_flow": "row wrap"})

    def control_by(self, controls: Sequence[Any]) -> None:
        """Show these controls above the caption."""
        for control in controls:
            control.layout.width = "auto"
        self.left.children = (*controls, self.caption)

    def _repr_mimebundle_(self, **options):
        """The widget, and an image of its figures for readers without a running kernel."""
        rows = np.hstack([np.asarray(picture.canvas.buffer_rgba()) for picture in self.pictures])
        still = io.BytesIO()
        Image.fromarray(rows).save(still, format="png")
        bundle = self.view._repr_mimebundle_(**options)
        return {
            **bundle,
            "text/plain": repr(self),
            "image/png": b64encode(still.getvalue()).decode(),
        }

    def __repr__(self):
        return f"{type(self).__name__}()"


def slider(
    label: str, lowest: float, highest: float, *, value: float, step: float = 0.01
) -> widgets.FloatSlider:
    """A slider that updates while it is dragged."""
    return widgets.FloatSlider(value, min=lowest, max=highest, step=step, description=label)


def captioned(*entries: tuple[str, str, str], note: str) -> str:
    """A legend as HTML: a line for each (colour, label, text), and a note."""
    lines = [
        f'<div><span style="color:{colour}">&#9632;</span> <b>{label}</b> {text}</div>'
        for colour, label, text in entries
    ]
    return f'<div style="line-height:1.45;margin:6px 4px">{"".join(lines)}<i>{note}</i></div>'


def curves_of(picture: Picture) -> list[Any]:
    """Add three empty curves to a figure: exact, computed and reconstructed density."""
    (red,) = picture.ax.plot([], [], color=MONTE_CARLO, linewidth=4, alpha=0.45)
    black = picture.ax.stairs([0.0], [0.0, 1.0], baseline=None, color=INPUT, linewidth=1.1)
    (blue,) = picture.ax.plot([], [], color=GENERATED, linestyle="--", linewidth=1.6)
    return [picture.moving(artist) for artist in (red, black, blue)]


def map_of(picture: Picture, label: str) -> tuple[Any, Any]:
    """Add the dots of a map, as yet none, with a colour bar, and the ring that marks a code."""
    dots = picture.ax.scatter([], [], s=5, linewidths=0, c=[], cmap="viridis")
    picture.figure.colorbar(dots, ax=picture.ax, label=label)
    ring = picture.ax.plot([], [], "o", markersize=12, markerfacecolor="none", markeredgewidth=2.5)
    ring[0].set_markeredgecolor(MONTE_CARLO)
    return dots, picture.moving(ring[0])
