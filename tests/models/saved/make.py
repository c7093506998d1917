"""Save a small file of each kind of model, and what it computes: `python make.py FOLDER`.

Run once with the package as it was before its modules were in rooms (its module names are used);
the files beside this one are what it wrote. `test_saved_before.py` reads them.
"""

import sys
from pathlib import Path

import numpy as np
from burgers.environment import keras, layers

from burgers import fronts, reduced, sigma_vae, surrogates, training, vae

FOLDER = Path(sys.argv[1])
CELLS, LATENTS = 400, 2


def encoder(conditions=0):
    """Of two numbers for each density: its means over parts of the interval."""
    density = layers.Input((CELLS,), name="density")
    given = [layers.Input((conditions,), name="given")] if conditions else []
    x = layers.AveragePooling1D(50)(layers.Reshape((CELLS, 1))(density))
    x = sigma_vae.joined(layers.Flatten()(x), given)
    mean = layers.Dense(LATENTS, name="z_mean")(x)
    log_variance = layers.Dense(LATENTS, name="z_log_var")(x)
    sample = vae.Sampling(seed=3, name="sampling_encod")([mean, log_variance])
    inputs = training.bare([density, *given])
    return keras.Model(inputs, [mean, log_variance, sample], name="encoder")


def decoder(conditions=0, variance=None, front=False):
    latent = layers.Input((LATENTS,), name="latent")
    given = [layers.Input((conditions,), name="given")] if conditions else []
    x = layers.Dense(6, activation="tanh")(sigma_vae.joined(latent, given))
    if front:
        parts = [layers.Dense(3, name=name)(x) for name in ("height", "place", "log_width")]
        mean = fronts.Fronts(name="x_mean")(parts)
    else:
        x = layers.Reshape((8, 1))(layers.Dense(8)(x))
        mean = layers.Flatten(name="x_mean")(layers.UpSampling1D(50)(x))
    variance = (variance or vae.Constant(0.1, name="x_variance"))(mean)
    sample = vae.Sampling(log=False, seed=4, name="sampling_decod")([mean, variance])
    inputs = training.bare([latent, *given])
    return keras.Model(inputs, [mean, variance, sample], name="decoder")


def cell_variance():
    return sigma_vae.CellVariance(name="x_variance")


keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
density = rng.standard_normal((3, CELLS)).astype(np.float32)
given, times = rng.random((3, 1), dtype=np.float32), np.array([0.0, 0.1, 0.4])
reynolds = np.array([60.0, 500.0, 9000.0])
calibrated = sigma_vae.SigmaVAE(encoder(), decoder(variance=cell_variance()), beta=1.0)
calibrated([density])
calibrated.calibrate(density)
pod = surrogates.Pod(LATENTS).fit(density).networks()
found = {
    "vae": (vae.VAE(encoder(), decoder()), [density]),
    "sigma_vae": (calibrated, [density]),
    "conditioned": (
        sigma_vae.SigmaVAE(encoder(1), decoder(1, cell_variance()), beta=1.0), [density, given],
    ),
    "fronts": (
        sigma_vae.SigmaVAE(encoder(), decoder(variance=cell_variance(), front=True)), [density],
    ),
    "reduced": (
        reduced.Reduced(encoder(), reduced.build_field(LATENTS, 1), decoder()),
        [density, np.ones((3, 1)), np.ones((3, 1))],
    ),
    "autonomous": (
        reduced.Reduced(encoder(), reduced.build_field(LATENTS, 0), decoder()),
        [density, np.ones((3, 1)), np.ones((3, 0))],
    ),
    "pod": (
        reduced.Reduced(pod[0], reduced.build_field(LATENTS, 1), pod[1]),
        [density, np.ones((3, 1)), np.ones((3, 1))],
    ),
    "one_shot": (surrogates.OneShot(decoder(front=True)), [np.ones((3, LATENTS))]),
}  # fmt: skip
outputs = {"density": density, "given": given, "times": times, "reynolds": reynolds}
for name, (model, inputs) in found.items():
    model(inputs if name == "one_shot" else training.bare(inputs))
    model.save(FOLDER / f"{name}.keras")
    training._without_accidents(FOLDER / f"{name}.keras")
    if name in ("vae", "sigma_vae", "fronts", "conditioned"):
        condition = (given,) if name == "conditioned" else ()
        outputs[f"{name}/codes"] = model.encode(density, condition)[0]
        outputs[f"{name}/density"] = model.decode(model.encode(density, condition)[0], condition)
    elif name == "one_shot":
        outputs[name] = model.decode(np.ones((3, LATENTS)))
    else:
        options = {} if name == "autonomous" else {"reynolds": reynolds}
        outputs[name] = model.forecast(density, times, **options)
np.savez_compressed(FOLDER / "outputs.npz", **outputs)
