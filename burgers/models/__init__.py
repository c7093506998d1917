"""Generative and reduced-order models of the density, in Keras on TensorFlow.

Importing any module of this package registers every class with Keras, so that `load` reads a
model of any kind.
"""

# Must come first: it loads TensorFlow without its start-up messages.
from burgers.models import _keras  # noqa: F401, I001
from burgers.models import baselines, conditioning, flow, front_decoder, latent_laws, latent_ode
from burgers.models import pairs, sigma_vae, streaming, training, vae
from burgers.models.evaluation import load

__all__ = [
    "baselines", "conditioning", "flow", "front_decoder", "latent_laws", "latent_ode", "load",
    "pairs", "sigma_vae", "streaming", "training", "vae",
]  # fmt: skip
