"""The sliders update the figures, and the figures show what the package computes."""

import contextlib
import re
import runpy
import shutil
import socket
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import nbformat
import numpy as np
import psutil
import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.support.ui import Select

import burgers
from burgers import exact, explore, profiles
from burgers.models import vae
from burgers.paths import ROOT

NOTEBOOK = ROOT / "notebooks" / "explore.ipynb"
# Raised inside ipympl.
pytestmark = pytest.mark.filterwarnings("ignore:Passing unrecognized:DeprecationWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A place for data where only the tests write."""
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("explore")
        patch.setattr(burgers.paths, "ROOT", place)
        patch.setattr(burgers.paths, "MODELS", place / "models" / "report")
        recipe = profiles.CaseSizes(realisations=100, epochs=1)
        sharpening = replace(profiles.QUICK.sharpening, epochs={"sinus": 1, "creneau": 1})
        tiny = replace(profiles.QUICK, sinus=recipe, creneau=recipe, sharpening=sharpening)
        patch.setitem(profiles.PROFILES, "quick", tiny)
        patch.setattr(explore.ensemble, "MEMBERS", 60)
        patch.setattr(explore.models, "ENCODED", 200)
        yield place


@pytest.fixture(scope="module")
def files(folder):
    return explore.prepared()


@pytest.fixture(scope="module")
def page(files):
    return explore.Explorer()


@pytest.fixture(scope="module", params=burgers.CASES.values(), ids=lambda case: case.name)
def case(request, page):
    page.case.value = request.param.name
    return request.param


def image(picture):
    """What a picture shows, as bytes."""
    return np.asarray(picture.canvas.buffer_rgba()).tobytes()


def test_missing_models_are_trained_and_a_second_call_trains_nothing(folder, files, monkeypatch):
    assert set(files) == {(name, kind) for name in burgers.CASES for kind in explore.KINDS}
    assert all(path.parent == folder / "data" / "quick" for path in files.values())
    monkeypatch.setattr(explore.models, "_train", None)
    assert explore.prepared() == files


def test_the_models_of_the_report_come_first(folder, files):
    shipped, made = (folder / part / "vae_sinus.keras" for part in ("models/report", "data/report"))
    try:
        for better in (shipped, made):
            better.parent.mkdir(parents=True)
            shutil.copy(files["sinus", "the report's"], better)
            found = explore.prepared()
            assert found["sinus", "the report's"] == better
            assert found["creneau", "sharper"] == files["creneau", "sharper"]
    finally:
        for better in (shipped, made):
            shutil.rmtree(better.parent, ignore_errors=True)


@pytest.mark.parametrize("bad", ["large", ""])
def test_an_unknown_profile_is_refused(bad):
    with pytest.raises(ValueError, match="profile is"):
        explore.Explorer(profile=bad)


@pytest.mark.parametrize(
    ("name", "value"),
    [("log_reynolds", 5.0), ("time", 0.11), ("scheme", "muscl"), ("cells", 100), ("step", 0.28)],
)
def test_a_slider_updates_computed_exact_and_reconstructed_density(page, case, name, value):
    panel = page.density
    control, before = getattr(panel, name), image(panel.whole)
    if name == "step" and not case.random_step:
        assert control.layout.display == "none"
        return
    start = control.value
    control.value = value
    assert image(panel.whole) != before
    step = {"step": panel.step.value} if case.random_step else {}
    cells, reynolds = panel.cells.value, np.exp(panel.log_reynolds.value)
    computed = burgers.solve(
        case.initial(cells, **step), reynolds, panel.time.value,
        boundary=case.boundary, scheme=panel.scheme.value,
    )  # fmt: skip
    cells = explore.density.EXACT_CELLS
    known = exact.density(case, panel.time.value, reynolds=reynolds, cells=cells, **step)
    red, black, blue = panel.curves[0]
    np.testing.assert_array_equal(black.get_data().values, computed)
    np.testing.assert_array_equal(red.get_ydata(), known)
    model = vae.load(page.files[case.name, page.kind.value])
    mean, _ = model.encode(explore.averages(computed, vae.CELLS)[None])
    np.testing.assert_allclose(blue.get_ydata(), model.decode(mean)[0], atol=1e-4)
    control.value = start


def test_the_ring_follows_the_density_until_a_point_is_selected(page, case):
    panel = page.latents
    page.density.time.value = 0.25
    code = panel.encoded.encode(page.density.seen)
    np.testing.assert_array_equal(panel.code, code)
    np.testing.assert_array_equal(panel.density, page.density.rebuilt)
    assert "from the density above" in panel.caption.value
    before, start = image(panel.decoded), panel.latents[0].value
    panel.latents[0].value = (panel.latents[0].min + 3 * panel.latents[0].max) / 4
    assert panel.latents[0].value != start
    assert panel.code[panel.encoded.active[0]] == panel.latents[0].value
    assert panel.code[panel.encoded.active[1]] == code[panel.encoded.active[1]]
    assert "at the selected point" in panel.caption.value
    assert image(panel.decoded) != before
    page.density.time.value = 0.3
    assert "from the density above" in panel.caption.value


def test_a_click_on_a_map_decodes_the_point(page, case):
    panel = page.latents
    x, y = 0.5 * (panel.lowest[:2] + panel.highest[:2])
    panel.clicked(SimpleNamespace(inaxes=panel.by_time.ax, xdata=x, ydata=y))
    assert [panel.code[k] for k in panel.encoded.active[:2]] == [x, y]
    model = vae.load(page.files[case.name, page.kind.value])
    np.testing.assert_allclose(panel.density, model.decode(panel.code[None])[0], atol=1e-4)
    kept = panel.code.copy()
    panel.clicked(SimpleNamespace(inaxes=None, xdata=None, ydata=None))
    np.testing.assert_array_equal(panel.code, kept)


def test_another_model_has_another_map(page, case):
    first = page.latents.encoded
    page.kind.value = "the report's"
    assert page.latents.encoded.codes.shape[1] == vae.LATENT
    assert 2 <= len(page.latents.encoded.active) <= 3
    page.kind.value = "sharper"
    assert page.latents.encoded is first


@pytest.mark.parametrize("source", [*explore.SOLVED, *explore.KINDS])
def test_a_band_is_that_of_the_members_shown(page, case, source):
    panel = page.ensemble
    panel.source.value = source
    panel.members.value = 20
    sample = explore.drawn(case, source, explore.ensemble.MEMBERS, page.files, panel.seed)[:20]
    np.testing.assert_allclose(panel.means[19], sample.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(panel.stds[19], sample.std(axis=0), atol=1e-3)
    before = image(panel.band)
    panel.members.value = 40
    assert image(panel.band) != before
    assert "40 densities" in panel.caption.value
    means = panel.means
    panel.again.click()
    assert not np.allclose(panel.means, means)


@pytest.mark.parametrize("case", burgers.CASES.values(), ids=lambda case: case.name)
def test_the_solvers_members_approach_the_exact_band(case):
    mean, std = explore.models.exact_band(case)
    sample = explore.drawn(case, "solver, muscl", 3000, {}, seed=3)
    assert np.linalg.norm(sample.mean(axis=0) - mean) < 0.03 * np.linalg.norm(mean)
    assert np.linalg.norm(sample.std(axis=0) - std) < 0.05 * np.linalg.norm(std)


@pytest.mark.parametrize("name", burgers.problems.names())
def test_any_named_problem_moves_with_its_inputs(page, name):
    panel = page.named
    panel.name.value = name
    problem = burgers.problems.get(name)
    assert list(panel.moved) == list(problem.inputs)
    for control in [panel.time, *panel.moved.values()]:
        before, start = image(panel.whole), control.value
        control.value = control.min if control.value != control.min else control.max
        inputs, time = panel.inputs(), [panel.time.value]
        known = exact.density(problem, time, cells=400, refinement=2, **inputs)[0]
        np.testing.assert_array_equal(panel.exact, known)
        # A window that is not there has no ends to be seen.
        assert image(panel.whole) != before or name == "pdebench"
        control.value = start
    assert problem.description in panel.caption.value


def test_an_unknown_source_is_refused(page):
    with pytest.raises(ValueError, match="source is 'dice'; accepted: solver, rusanov"):
        explore.drawn(burgers.SINUS, "dice", 10, page.files, 0)


@pytest.mark.parametrize("given", [50, 100, 333, 800])
def test_other_cells_keep_the_mass(given):
    density = burgers.SINUS.initial(given) + np.linspace(0.0, 1.0, given)
    found = explore.averages(density, 400)
    assert found.mean() == pytest.approx(density.mean(), abs=1e-12)
    smooth = burgers.SINUS.initial(400)
    assert np.abs(explore.averages(burgers.SINUS.initial(given), 400) - smooth).max() < 0.03


def test_what_shows_the_page_is_named_where_it_is(installed, monkeypatch, capsys):
    monkeypatch.setattr(explore, "prepared", dict)
    runpy.run_module("burgers.explore", run_name="__main__")
    shown = {".": "`make explore`", "burgers": "`burgers.explore.Explorer()` in a notebook"}
    assert shown[installed] in capsys.readouterr().out


@contextlib.contextmanager
def served(*command, folder):
    """The notebook served by a command of Jupyter, on the models of the tests: its address."""
    book = nbformat.read(NOTEBOOK, 4)
    place = (
        "import pathlib, burgers\nfrom burgers import explore\n"
        f"burgers.paths.ROOT = pathlib.Path({str(burgers.paths.ROOT)!r})\n"
        f"explore.ensemble.MEMBERS = {explore.ensemble.MEMBERS}\n"
        f"explore.models.ENCODED = {explore.models.ENCODED}"
    )
    book.cells.insert(2, nbformat.v4.new_code_cell(place))
    nbformat.write(book, folder / "explore.ipynb")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", *command, "--no-browser", f"--port={port}"]
    with open(folder / "log", "w") as log:
        process = psutil.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        yield f"http://localhost:{port}/"
    finally:
        for part in [*process.children(recursive=True), process]:
            part.kill()
        process.wait()
        # Of a test that fails pytest shows it.
        print((folder / "log").read_text(encoding="utf-8")[-3000:])


def until(found, seconds=120):
    """The first true result of a function that is asked again and again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.1)
    raise TimeoutError(f"nothing in {seconds} s")


def shown(browser, k):
    """What the k-th picture of a page shows, or None where it has none yet."""
    canvas = f"document.querySelectorAll('.jupyter-matplotlib-canvas-div')[{k}]"
    return browser.execute_script(f"return {canvas}?.querySelector('canvas').toDataURL()")


def settled(browser, k):
    """The same, or None while it changes."""
    first = shown(browser, k)
    time.sleep(1.0)
    return first if first == shown(browser, k) else None


def opened(browser, address, start=lambda: None):
    """Whether a page shows its seven pictures, once it is opened and started."""
    # The server may not answer yet, and on a busy machine a page may lose its kernel.
    with contextlib.suppress(WebDriverException, TimeoutError):
        browser.get(address)
        start()
        return until(lambda: shown(browser, 6), 90)


def move_time(browser):
    """Move the slider of T by a step; whether density and decoded point follow."""
    density, decoded = (until(lambda k=k: settled(browser, k)) for k in (0, 4))
    row = "//label[text()='T']/following-sibling::div"
    browser.find_element("xpath", f"{row}//*[@role='slider']").send_keys(Keys.ARROW_RIGHT)
    until(lambda: shown(browser, 0) != density)
    assert browser.find_element("xpath", f"{row}[last()]").text == "0.31"
    until(lambda: shown(browser, 4) != decoded)


def test_in_a_page_a_slider_moves_and_the_picture_changes(files, browser, tmp_path):
    def text():
        return browser.find_element("tag name", "body").text

    with served("voila", "explore.ipynb", folder=tmp_path) as address:
        until(lambda: opened(browser, address), 300)
        move_time(browser)
        decoded = until(lambda: settled(browser, 4))
        maps = browser.find_elements("css selector", ".jupyter-matplotlib-canvas-div")
        ActionChains(browser).move_to_element_with_offset(maps[2], -40, 20).click().perform()
        until(lambda: shown(browser, 4) != decoded)
        until(lambda: "at the selected point" in text())
        kinds = browser.find_element("xpath", "//label[text()='model']/following-sibling::select")
        Select(kinds).select_by_visible_text("the report's")
        until(lambda: "from the density above" in text())
        settled(browser, 2)
        assert "from the density above" in text()
        assert "Traceback" not in text()
        assert not re.search(r"\w+Error|Traceback", text())


def test_in_jupyterlab_a_slider_moves_and_the_picture_changes(files, browser, tmp_path):
    def run_all():
        for kind, label in (("MenuBar", "Run"), ("Menu", "Run All Cells")):
            entry = f"//*[contains(@class, 'lm-{kind}-itemLabel') and text()='{label}']"
            until(lambda entry=entry: browser.find_elements("xpath", entry), 60)[0].click()

    options = ["--allow-root", "--IdentityProvider.token="]
    with served("jupyter", "lab", *options, folder=tmp_path) as address:
        until(lambda: opened(browser, f"{address}lab/tree/explore.ipynb", run_all), 300)
        move_time(browser)
