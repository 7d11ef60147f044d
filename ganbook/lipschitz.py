"""How steep a discriminator is: gradient norms, layer by layer, and norms of linear layers.

A function whose gradient is nowhere longer than K is K-Lipschitz: between any two points it rises
by at most K times their distance. These functions measure; they do not bound. The largest gradient
among some samples is a lower bound of the Lipschitz constant, the product of the layers' norms an
upper one (for activations that are not steeper than 1).
"""

import keras
import numpy as np
import tensorflow as tf

from ganbook import randomness
from ganbook.errors import SettingError
from ganbook.update import scaled_images

BATCH = 250


def input_gradient_norms(model, images) -> np.ndarray:
    """Return |dD/dx| for each sample: float32, shape (N,).

    Args:
        model: a discriminator, (N, ...) images to (N, 1) outputs; it is called as outside training.
        images: (N, ...) as uint8, or as floats in [-1, 1].
    """

    # Not compiled: a function made anew for each call would be traced anew, with a warning.
    def norms(batch):
        with tf.GradientTape() as tape:
            tape.watch(batch)
            total = tf.reduce_sum(tf.cast(model(batch, training=False), tf.float32))
        gradients = tape.gradient(total, batch)
        return tf.norm(tf.reshape(gradients, (len(batch), -1)), axis=1)

    images = scaled_images(tf.convert_to_tensor(images))
    parts = [norms(images[i : i + BATCH]) for i in range(0, len(images), BATCH)]
    return np.concatenate([part.numpy() for part in parts])


def activation_gradient_norms(model, images) -> dict[str, float]:
    """Return, for each layer with weights, the mean over samples of |dD/d(its output)|.

    Where these numbers fall from layer to layer on the way down to the image, gradients vanish;
    where they grow, they explode. Source: Gulrajani et al., 2017, figure 1b.

    Args:
        model: a sequential discriminator, (N, ...) images to (N, 1) outputs.
        images: (N, ...) as uint8, or as floats in [-1, 1].
    """
    values, outputs = scaled_images(tf.convert_to_tensor(images)), {}
    with tf.GradientTape() as tape:
        tape.watch(values)
        for layer in model.layers:
            values = layer(values, training=False)
            if layer.weights:
                outputs[layer.name] = values
        total = tf.reduce_sum(tf.cast(values, tf.float32))
    gradients = tape.gradient(total, outputs)
    flat = {name: tf.reshape(g, (len(images), -1)) for name, g in gradients.items()}
    return {name: float(tf.reduce_mean(tf.norm(g, axis=1))) for name, g in flat.items()}


def operator_norm(layer, input_shape, iterations=200, seed=0) -> float:
    """Return the largest |L x| / |x| of a layer's linear part L, by power iteration on L'L.

    This is the true norm of the map from images to images. The largest singular value of a
    convolution's kernel as a matrix, which spectral normalization divides by, is another number:
    kernels of neighboring places overlap, so the map's norm can be larger.

    Args:
        layer: a built layer that is linear but for its bias, such as Conv2D without an activation.
        input_shape: of one input, (H, W, C) or (values,).
        iterations: of the power iteration.
        seed: of the first vector.

    Raises:
        SettingError: the layer has an activation.
    """
    inner = getattr(layer, "layer", layer)
    if getattr(inner, "activation", None) not in (None, keras.activations.linear):
        raise SettingError(f"{layer.name} has an activation; only a linear layer has a norm.")
    x = randomness.normal((1, *input_shape), randomness.key(seed, 0, "operator norm"))
    bias = layer(tf.zeros_like(x))

    @tf.function
    def twice(x):
        """Return L'L x and |L x|, for an x of length 1."""
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x) - bias
            half = 0.5 * tf.reduce_sum(tf.square(outputs))
        return tape.gradient(half, x), tf.norm(outputs)

    norm = tf.constant(0.0)
    for _ in range(iterations):
        x /= tf.maximum(tf.norm(x), 1e-12)
        x, norm = twice(x)
    return float(norm)
