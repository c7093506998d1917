"""Generative and reduced models of the density, in Keras on TensorFlow.

Whoever imports one of them has imported all kinds: `load` reads any of their files.
"""

# First of all, as it loads TensorFlow without its greeting.
from burgers.models import _keras  # noqa: F401, I001
from burgers.models import baselines, flow, front_decoder, latent_laws, latent_ode, pairs
from burgers.models import sigma_vae, streaming, training, vae
from burgers.models.evaluation import load

__all__ = [
    "baselines", "flow", "front_decoder", "latent_laws", "latent_ode", "load", "pairs",
    "sigma_vae", "streaming", "training", "vae",
]  # fmt: skip
