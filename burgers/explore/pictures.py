"""Widgets and pictures that move: what every panel is made of."""

import io
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets
import numpy as np
from ipympl.backend_nbagg import Canvas, FigureManager
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from burgers.plots import GENERATED, INPUT, MONTE_CARLO
from burgers.plots.style import styled


class Picture:
    """One pair of axes in the page, of which only the moving artists are drawn again.

    Attributes
    ----------
    figure, ax, canvas : of matplotlib; the canvas is a widget.
    """

    @styled
    def __init__(self, title, **look):
        # Not quite opaque: the canvas then sends whole images. Differences of images leave traces
        # where the browser skips one.
        self.figure = Figure(figsize=(3.6, 2.9), facecolor=(1.0, 1.0, 1.0, 0.99))
        self.canvas = Canvas(self.figure)
        FigureManager(self.canvas, 0)
        # The canvas would send a page the image in a form that it cannot read; drawing sends it.
        self.canvas.syncing_data_url = False
        for part in ("toolbar_visible", "header_visible", "footer_visible", "resizable"):
            setattr(self.canvas, part, False)
        # A page takes a canvas for resizable when it meets it.
        self.canvas.on_msg(
            lambda canvas, message, _: (
                canvas.send_state("resizable") if message["type"] == "initialized" else None
            )
        )
        self.canvas.layout.flex = "0 0 auto"
        self.ax = self.figure.add_subplot(title=title, **look)
        self._moving, self._still, self._size = [], None, None
        self.canvas.mpl_connect("draw_event", self._drawn)

    def moving(self, artist: Any) -> Any:
        """Take an artist for one that moves; returns it."""
        artist.set_animated(True)
        self._moving.append(artist)
        return artist

    def refresh(self) -> None:
        """Draw the moving artists anew over what stands still."""
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
    """Widgets whose moves call `update`, unless the panel is held."""

    _held = False

    def update(self) -> None:
        """What a move of a control calls."""
        raise NotImplementedError

    def watch(self, *controls: Any) -> None:
        """Have each move of a control call `update`."""
        for control in controls:
            control.observe(lambda _: None if self._held else self.update(), "value")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Moves inside the block call nothing."""
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def lay_out(self, controls: Any, pictures: list[Picture]) -> None:
        """Make `view`: controls, caption, and pictures that wrap on a narrow page."""
        self.pictures = pictures
        self.caption = widgets.HTML()
        self.left = widgets.VBox(layout={"width": "312px", "flex": "0 0 auto"})
        self.control_by(controls)
        canvases = [picture.canvas for picture in pictures]
        self.view = widgets.Box([self.left, *canvases], layout={"flex_flow": "row wrap"})

    def control_by(self, controls: Any) -> None:
        """Show these controls, above the caption."""
        for control in controls:
            control.layout.width = "auto"
        self.left.children = (*controls, self.caption)

    def _repr_mimebundle_(self, **options):
        """The widget, and its pictures for who reads the notebook without a kernel."""
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


def slider(label: str, lowest: float, highest: float, *, value: float, step: float = 0.01) -> Any:
    """A slider that moves the picture while it is dragged."""
    return widgets.FloatSlider(value, min=lowest, max=highest, step=step, description=label)


def centres(cells: int) -> NDArray[np.float64]:
    """Centres of the cells, (cells,)."""
    return (np.arange(cells) + 0.5) / cells


def captioned(*entries: tuple[str, str, str], note: str) -> str:
    """A legend as HTML: a line for each (colour, label, what is said of it), and a note."""
    lines = [
        f'<div><span style="color:{colour}">&#9632;</span> <b>{label}</b> {said}</div>'
        for colour, label, said in entries
    ]
    return f'<div style="line-height:1.45;margin:6px 4px">{"".join(lines)}<i>{note}</i></div>'


def curves_of(picture: Picture) -> list[Any]:
    """Exact, computed and reconstructed density of a picture, empty."""
    (red,) = picture.ax.plot([], [], color=MONTE_CARLO, linewidth=4, alpha=0.45)
    black = picture.ax.stairs([0.0], [0.0, 1.0], baseline=None, color=INPUT, linewidth=1.1)
    (blue,) = picture.ax.plot([], [], color=GENERATED, linestyle="--", linewidth=1.6)
    return [picture.moving(artist) for artist in (red, black, blue)]


def map_of(picture: Picture, label: str) -> Any:
    """The dots of a map, and the ring on it."""
    dots = picture.ax.scatter([], [], s=5, linewidths=0, c=[], cmap="viridis")
    picture.figure.colorbar(dots, ax=picture.ax, label=label)
    ring = picture.ax.plot([], [], "o", markersize=12, markerfacecolor="none", markeredgewidth=2.5)
    ring[0].set_markeredgecolor(MONTE_CARLO)
    return dots, picture.moving(ring[0])
