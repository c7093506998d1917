"""The law under your sliders: panels of widgets and pictures, for `notebooks/explore.ipynb`.

A panel keeps its figures and moves only what changes in them. Nothing here asks for a browser, so
that a panel can be driven from Python too: `Explorer().density.time.value = 0.3`.
"""

import io
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import ipywidgets as widgets
import numpy as np
from ipympl.backend_nbagg import Canvas, FigureManager
from matplotlib.figure import Figure
from PIL import Image
from scipy.interpolate import PchipInterpolator

from burgers import (
    dataset,
    exact,
    latent,
    moments,
    paths,
    profiles,
    sharpening,
    sigma_vae,
    solver,
    vae,
)
from burgers.cases import CASES, LOG_REYNOLDS, STEP
from burgers.plots import GENERATED, INPUT, MONTE_CARLO

# Kinds of auto-encoder, and the stems of their files.
KINDS = {"sharper": "sharp_{}_0", "the report's": "vae_{}"}
# The sources of an ensemble that are solved rather than decoded.
SOLVED = {f"solver, {scheme}": scheme for scheme in solver.SCHEMES}
# More, at second order and a small Re, would take longer than a hand waits for a slider.
CELLS = (50, 100, 200, 400)
EXACT_CELLS = 800
# Half the width of the close-up of the front.
CLOSE = 0.06
ENCODED = 1500
MEMBERS = 1000
ACTIVE_NATS = 0.1
NOTE = "Cell averages. The auto-encoder reads the computed ones, brought to 400 cells."


def prepared(profile="quick", seed=0):
    """The file of each auto-encoder, of the report's sizes where they are; trains what is missing.

    Trained at the sizes of the profile with a progress bar (none where CI is set), on the ensemble
    of `01_generate` if it is there.

    Returns
    -------
    A dict from (case, kind) to a path; kinds are those of `KINDS`.

    Raises
    ------
    ValueError
        If the profile is no profile, or a stored ensemble is damaged.
    """
    sizes = profiles.get(profile)
    folders = [paths.data(profile.replace("quick", "report")), paths.data(profile)]
    found = {}
    for name, case in CASES.items():
        for kind, stem in KINDS.items():
            candidates = [folder / f"{stem.format(name)}.keras" for folder in folders]
            path = next((path for path in candidates if path.exists()), candidates[-1])
            if not path.exists():
                _train(case, kind, path, sizes, seed)
            found[name, kind] = path
    return found


def _train(case, kind, path, sizes, seed):
    stored = path.with_name(f"final_{case.name}.zarr")
    if stored.exists():
        ensemble = dataset.open(stored)
    else:
        count = sizes.recipe(case.name).realisations
        ensemble = dataset.generate(case, count, seed=seed, scheme=sizes.scheme)
    options = {
        "batch_size": sizes.batch_size, "seed": seed, "progress": f"{case.name}, {kind}"
    }  # fmt: skip
    if kind == "sharper":
        options |= {"latents": sharpening.latents(case)}
        epochs, train = sizes.sharpening.epochs[case.name], sigma_vae.train
    else:
        epochs, train = sizes.recipe(case.name).epochs, vae.train
    train(ensemble.density.values, path, epochs=epochs, **options)


@dataclass(frozen=True)
class Atlas:
    """An auto-encoder, and where it puts fresh densities of all times.

    Attributes
    ----------
    model : the `vae.VAE`.
    ensemble : the encoded realisations, an xarray.Dataset of `dataset.generate`.
    codes : (realisations, latents) posterior means.
    active : the two or three latents that carry most information, by rank.
    """

    model: vae.VAE
    ensemble: object
    codes: np.ndarray
    active: np.ndarray

    def encode(self, density):
        """The posterior mean of one density: (400,) -> (latents,)."""
        inputs = density[None].astype(np.float32)
        # Compiled once for this shape; `model.encode` is not, and ten times slower.
        return self.model.encoder.predict_on_batch(inputs)[0][0].astype(float)

    def decode(self, code):
        """The decoder's mean at one code: (latents,) -> (400,)."""
        return self.model.decoder.predict_on_batch(code[None].astype(np.float32))[0][0]

    def nearest(self, code):
        """The index of the encoded realisation whose active latents are nearest to a code's."""
        codes = self.codes[:, self.active]
        distances = (codes - code[self.active]) / codes.std(axis=0)
        return int(np.argmin(np.square(distances).sum(axis=1)))


@cache
def atlas(case, path, scheme="rusanov", seed=0):
    """The `Atlas` of the auto-encoder in a file, by fresh densities of a case."""
    model = vae.load(path)
    ensemble = spread(case, ENCODED, scheme, seed)
    mean, log_variance = model.encode(ensemble.density.values)
    divergence = np.mean(vae.kl_divergence(mean, log_variance), axis=0)
    count = int(np.clip(np.sum(divergence > ACTIVE_NATS), 2, 3))
    return Atlas(model, ensemble, mean.astype(float), np.argsort(divergence)[::-1][:count])


@cache
def exact_band(case):
    """Mean and std of the exact law over all times, two (400,) arrays good to 1e-6."""
    return exact.mean_and_std(case, panel_nodes=4, reynolds_nodes=16)


def spread(case, count, scheme, seed):
    """An ensemble whose first members are already spread over the report's range of times."""
    times = np.random.default_rng([seed, 1]).uniform(case.first_time, case.last_time, count)
    return dataset.generate(case, count, final_time=times, seed=seed, scheme=scheme)


def drawn(case, source, count, files, seed, scheme="rusanov"):
    """Densities (count, 400) of the law over all times, from a source of an ensemble.

    The solver's, or what an auto-encoder decodes: the sharper one draws its latents from Parzen
    windows on its codes of densities solved by `scheme`, the report's from the normal law.

    Raises
    ------
    ValueError
        If the source is neither in `SOLVED` nor a kind of auto-encoder.
    """
    if source in SOLVED:
        return spread(case, count, SOLVED[source], seed).density.values
    if source not in KINDS:
        raise ValueError(f"source is {source!r}; accepted: {', '.join([*SOLVED, *KINDS])}")
    encoded = atlas(case, files[case.name, source], scheme)
    if source != "sharper":
        return encoded.model.generate(count, seed)
    law = latent.Parzen(seed=0).fit(encoded.model.draw(encoded.ensemble.density.values))
    return encoded.model.decode(law.sample(count, np.random.default_rng(seed)))


def averages(density, cells):
    """Averages on another number of cells, (given cells,) -> (cells,), with the same mass.

    Exact where the new cells are made of the old; else by a monotone cubic through the integral of
    the density.
    """
    given = density.size
    if given % cells == 0:
        return density.reshape(cells, -1).mean(axis=1)
    integral = np.concatenate([[0.0], np.cumsum(density) / given])
    spline = PchipInterpolator(np.linspace(0.0, 1.0, given + 1), integral)
    return np.diff(spline(np.linspace(0.0, 1.0, cells + 1))) * cells


class Picture:
    """One pair of axes in the page, of which only the moving artists are drawn again.

    Attributes
    ----------
    figure, ax, canvas : of matplotlib; the canvas is a widget.
    """

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

    def moving(self, artist):
        """Take an artist for one that moves; returns it."""
        artist.set_animated(True)
        self._moving.append(artist)
        return artist

    def refresh(self):
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

    def watch(self, *controls):
        """Have each move of a control call `update`."""
        for control in controls:
            control.observe(lambda _: None if self._held else self.update(), "value")

    @contextmanager
    def held(self):
        """Moves inside the block call nothing."""
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def lay_out(self, controls, pictures):
        """Make `view`: controls, caption, and pictures that wrap on a narrow page."""
        self.pictures = pictures
        self.caption = widgets.HTML()
        self.left = widgets.VBox(layout={"width": "312px", "flex": "0 0 auto"})
        self.control_by(controls)
        canvases = [picture.canvas for picture in pictures]
        self.view = widgets.Box([self.left, *canvases], layout={"flex_flow": "row wrap"})

    def control_by(self, controls):
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


class DensityPanel(Panel):
    """One density: computed, exact, and as an auto-encoder returns it.

    Attributes
    ----------
    log_reynolds, step, time, scheme, cells : the controls.
    whole, front : the pictures.
    view : the panel as a widget.
    """

    def __init__(self, choice, follow):
        self.follow = follow
        self.log_reynolds = slider("log Re", *LOG_REYNOLDS, value=8.0, step=0.1)
        self.step = slider("a", *STEP, value=0.2)
        self.time = slider("T", 0.0, 1.0, value=0.3)
        self.scheme = widgets.Dropdown(options=list(solver.SCHEMES), description="scheme")
        self.cells = widgets.SelectionSlider(options=CELLS, value=400, description="cells")
        self.whole = Picture("the density", xlabel="$x$", xlim=(0, 1))
        self.front = Picture(
            "close to the front",
            xlabel="$x$ from the middle of the front",
            xlim=(-CLOSE, CLOSE),
            xticks=(-0.05, 0.0, 0.05),
        )
        self.curves = [_curves(picture) for picture in (self.whole, self.front)]
        controls = [self.log_reynolds, self.step, self.time, self.scheme, self.cells]
        self.watch(*controls)
        self.lay_out([*choice, *controls], [self.whole, self.front])

    def show(self, case, encoded):
        """Turn to a case and to an auto-encoder of it."""
        self.case, self.encoded = case, encoded
        with self.held():
            self.time.max = round(case.last_time, 2)
        self.step.layout.display = None if case.random_step else "none"
        for picture in (self.whole, self.front):
            picture.ax.set_ylim((0.0, 1.1) if case.random_step else (-1.1, 1.1))
            picture.canvas.draw()
        self.update()

    def update(self):
        """Solve, encode and decode, and move the pictures."""
        case, time, reynolds = self.case, self.time.value, np.exp(self.log_reynolds.value)
        step = {"step": self.step.value} if case.random_step else {}
        self.computed = solver.solve(
            case.initial(self.cells.value, **step), reynolds, time,
            boundary=case.boundary, scheme=self.scheme.value,
        )  # fmt: skip
        self.exact = exact.density(case, time, reynolds=reynolds, cells=EXACT_CELLS, **step)
        self.seen = averages(self.computed, vae.CELLS)
        code = self.encoded.encode(self.seen)
        self.rebuilt = self.encoded.decode(code)
        speed = 0.5 * (1.0 + self.step.value) if case.random_step else 0.0
        self._draw(0.5 + speed * time)
        self.follow(code)

    def _draw(self, middle):
        for picture, curves, shift in zip(
            (self.whole, self.front), self.curves, (0.0, middle), strict=True
        ):
            red, black, blue = curves
            red.set_data(centres(EXACT_CELLS) - shift, self.exact)
            black.set_data(self.computed, np.linspace(0, 1, self.computed.size + 1) - shift)
            blue.set_data(centres(vae.CELLS) - shift, self.rebuilt)
            picture.refresh()
        solved = moments.relative_error(self.computed, averages(self.exact, self.computed.size))
        rebuilt = moments.relative_error(self.rebuilt, self.seen)
        self.caption.value = captioned(
            (MONTE_CARLO, "exact", ""),
            (INPUT, "computed", f"{100 * solved:.2f} % from the exact one"),
            (GENERATED, "auto-encoder", f"{100 * rebuilt:.2f} % from what it read"),
            note=NOTE,
        )


class LatentPanel(Panel):
    """A map of the active latents; the point picked by sliders or a click is decoded.

    Until a point is picked, the ring follows the code of the density panel.

    Attributes
    ----------
    latents, plane : the controls.
    by_time, by_reynolds, decoded : the pictures.
    code : (latents,) the point that is decoded.
    view : the panel as a widget.
    """

    def __init__(self):
        self.latents, self.placed = [], []
        planes = {"z₁ and z₂": (0, 1), "z₁ and z₃": (0, 2), "z₂ and z₃": (1, 2)}
        self.plane = widgets.Dropdown(options=planes, description="map of")
        self.by_time, self.by_reynolds = Picture("codes, by $T$"), Picture("codes, by log Re")
        self.decoded = Picture("decoded at the ring", xlabel="$x$", xlim=(0, 1))
        self.maps = [_scatter(self.by_time, "$T$"), _scatter(self.by_reynolds, "log Re")]
        (near,) = self.decoded.ax.plot([], [], color=INPUT, linewidth=1.0)
        (blue,) = self.decoded.ax.plot([], [], color=GENERATED, linewidth=2.2)
        self.lines = [self.decoded.moving(line) for line in (blue, near)]
        for picture in (self.by_time, self.by_reynolds):
            picture.canvas.mpl_connect("button_press_event", self.clicked)
        self.plane.observe(lambda _: None if self._held else self._draw_maps(), "value")
        pictures = [self.by_time, self.by_reynolds, self.decoded]
        self.lay_out([], pictures)

    def show(self, case, encoded):
        """Turn to a case and to an auto-encoder of it."""
        self.case, self.encoded = case, encoded
        shown = encoded.codes[:, encoded.active]
        margin = 0.05 * np.ptp(shown, axis=0)
        self.lowest = np.floor(100.0 * (shown.min(axis=0) - margin)) / 100.0
        self.highest = np.ceil(100.0 * (shown.max(axis=0) + margin)) / 100.0
        self._renew_sliders()
        self.decoded.ax.set_ylim((0.0, 1.1) if case.random_step else (-1.1, 1.1))
        self.decoded.canvas.draw()
        self.code = encoded.codes.mean(axis=0)
        self._draw_maps()

    def follow(self, code):
        """Put the ring at the code (latents,) of a density."""
        self.code, self.picked = code.copy(), False
        self._place(range(len(self.encoded.active)), code[self.encoded.active])
        self._draw()

    def clicked(self, event):
        """Pick the point of a map under the mouse; beside a map nothing happens."""
        if event.inaxes not in (self.by_time.ax, self.by_reynolds.ax):
            return
        place = event.xdata, event.ydata
        self.code[self.encoded.active[list(self.plane.value)]] = place
        self.picked = True
        self._place(self.plane.value, place)
        self._draw()

    def update(self):
        """Decode the point to which a slider moved."""
        for k, index in enumerate(self.encoded.active):
            control = self.latents[k]
            # A page answers a value that it was told with the same, rounded.
            if abs(control.value - self.placed[k]) > 0.5 * control.step:
                self.code[index] = self.placed[k] = control.value
                self.picked = True
        self._draw()

    def _renew_sliders(self):
        # A page takes a slider's new place for one between its old ends, and answers with it.
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
        """Put sliders near values, at a place that a page can show."""
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
        inputs += f", a = {float(member.step):.2f}" if self.case.random_step else ""
        place = "at the point picked" if self.picked else "from the density above"
        self.caption.value = captioned(
            (GENERATED, "decoded", place),
            (INPUT, "nearest encoded density", inputs),
            note="Click on a map or move the sliders to pick a point.",
        )


class EnsemblePanel(Panel):
    """An ensemble that grows: its band of one std on each side of the mean, on the exact one.

    Attributes
    ----------
    source, members, grow, again : the controls.
    band, errors : the pictures.
    mean_error, std_error : (1000,) relative L2 distances from the exact law, by members.
    view : the panel as a widget.
    """

    def __init__(self, case, files, seed, scheme):
        self.files, self.seed, self.scheme = files, seed, scheme
        labels = {**{name: name for name in SOLVED}, **{f"{k} auto-encoder": k for k in KINDS}}
        self.source = widgets.Dropdown(options=labels, value="sharper", description="drawn by")
        self.members = widgets.IntSlider(100, 2, MEMBERS, description="members")
        self.grow = widgets.ToggleButton(description="▶ grow")
        self.again = widgets.Button(description="draw anew")
        # The clock of the growth; its own buttons are pictures that a page may have to fetch.
        clock = widgets.Play(
            100, min=2, max=MEMBERS, step=10, interval=120, layout={"display": "none"}
        )
        widgets.jslink((self.grow, "value"), (clock, "playing"))
        widgets.jslink((clock, "value"), (self.members, "value"))
        self.band = Picture("the band of all times", xlabel="$x$", xlim=(0, 1))
        self.errors = Picture(
            "how far from the exact law", xlabel="members", xscale="log", yscale="log",
            xlim=(2, MEMBERS), ylim=(1e-3, 10),
        )  # fmt: skip
        self._artists()
        self.watch(self.members)
        self.source.observe(lambda _: self._draw_members(), "value")
        self.again.on_click(lambda _: self._anew())
        row = widgets.HBox([self.grow, self.again, clock])
        self.lay_out([case, self.source, self.members, row], [self.band, self.errors])

    def show(self, case):
        """Turn to a case."""
        self.case = case
        mean, std = exact_band(case)
        self.red.set_data(centres(vae.CELLS), mean - std, mean + std)
        self.red_mean.set_data(centres(vae.CELLS), mean)
        self.band.ax.set_ylim((mean - std).min() - 0.1, (mean + std).max() + 0.1)
        self.band.canvas.draw()
        self._draw_members()

    def update(self):
        """Show the first members."""
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
            (MONTE_CARLO, "exact law", "mean ± std, T over the report's range"),
            (GENERATED, f"{count} densities", "mean ± std"),
            note=f"The mean is off by {100 * self.mean_error[count - 1]:.1f} %, "
            f"the std by {100 * self.std_error[count - 1]:.1f} %.",
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

    def _anew(self):
        self.seed += 1
        self._draw_members()

    def _draw_members(self):
        sample = drawn(self.case, self.source.value, MEMBERS, self.files, self.seed, self.scheme)
        counts = np.arange(1, MEMBERS + 1)[:, None]
        self.means = np.cumsum(sample, axis=0, dtype=float) / counts
        squares = np.cumsum(np.square(sample, dtype=float), axis=0) / counts
        self.stds = np.sqrt(np.maximum(squares - self.means**2, 0.0))
        mean, std = exact_band(self.case)
        self.mean_error = moments.relative_error(self.means, mean)
        self.std_error = moments.relative_error(self.stds, std)
        self.update()


class Explorer:
    """The three panels of the page, and what they share: the case and the auto-encoder.

    Parameters
    ----------
    profile, seed : of the models that are trained where the report's are not there.

    Attributes
    ----------
    case, kind : dropdowns.
    density, latents, ensemble : the panels, each the last line of a cell.

    Raises
    ------
    ValueError
        As `prepared`, or if a model cannot be read.
    """

    def __init__(self, profile="quick", seed=0):
        self.scheme = profiles.get(profile).scheme
        self.files = prepared(profile, seed)
        self.case = widgets.Dropdown(options=list(CASES), description="case")
        self.kind = widgets.Dropdown(options=list(KINDS), description="model")
        choice = [self.case, self.kind]
        self.latents = LatentPanel()
        self.density = DensityPanel(choice, self.latents.follow)
        self.ensemble = EnsemblePanel(self.case, self.files, seed, self.scheme)
        self.kind.observe(lambda _: self._turn(), "value")
        self.case.observe(lambda _: self._turn_all(), "value")
        self._turn_all()

    def _turn(self):
        case = CASES[self.case.value]
        encoded = atlas(case, self.files[case.name, self.kind.value], self.scheme)
        self.latents.show(case, encoded)
        self.density.show(case, encoded)

    def _turn_all(self):
        self._turn()
        self.ensemble.show(CASES[self.case.value])


def slider(label, lowest, highest, *, value, step=0.01):
    """A slider that moves the picture while it is dragged."""
    return widgets.FloatSlider(value, min=lowest, max=highest, step=step, description=label)


def centres(cells):
    """Centres of the cells, (cells,)."""
    return (np.arange(cells) + 0.5) / cells


def captioned(*entries, note):
    """A legend as HTML: a line for each (colour, label, what is said of it), and a note."""
    lines = [
        f'<div><span style="color:{colour}">&#9632;</span> <b>{label}</b> {said}</div>'
        for colour, label, said in entries
    ]
    return f'<div style="line-height:1.45;margin:6px 4px">{"".join(lines)}<i>{note}</i></div>'


def _curves(picture):
    """Exact, computed and reconstructed density of a picture, empty."""
    (red,) = picture.ax.plot([], [], color=MONTE_CARLO, linewidth=4, alpha=0.45)
    black = picture.ax.stairs([0.0], [0.0, 1.0], baseline=None, color=INPUT, linewidth=1.1)
    (blue,) = picture.ax.plot([], [], color=GENERATED, linestyle="--", linewidth=1.6)
    return [picture.moving(artist) for artist in (red, black, blue)]


def _scatter(picture, label):
    """The dots of a map, and the ring on it."""
    dots = picture.ax.scatter([], [], s=5, linewidths=0, c=[], cmap="viridis")
    picture.figure.colorbar(dots, ax=picture.ax, label=label)
    ring = picture.ax.plot([], [], "o", markersize=12, markerfacecolor="none", markeredgewidth=2.5)
    ring[0].set_markeredgecolor(MONTE_CARLO)
    return dots, picture.moving(ring[0])


if __name__ == "__main__":
    prepared()
