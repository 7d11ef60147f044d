"""What both players do: be called without side effects, and be updated by a gradient.

A plain Keras call with ``training=True`` moves state: BatchNorm statistics, spectral-norm vectors,
the position of a dropout layer's random generator. In a GAN each network is called many times for
one update, half of the time for the other player's sake. So every call here leaves all state as it
was and *returns* the new state; the caller decides whose new state is kept.
"""

import contextlib

import keras
import tensorflow as tf

from ganbook import distributed, randomness
from ganbook.errors import SettingError


def call(model, inputs, seed, step, use, weights=None, training=True):
    """Call a model without touching its state.

    Args:
        model: a built Keras model.
        inputs: a float32 tensor.
        seed, step, use: the key of this call's own randomness (dropout); see `randomness.key`.
        weights: tensors to take the place of the model's trainable weights; None: its own.
        training: False for a call as outside training.

    Returns:
        The outputs as float32, and the new state as a list of (variable, value).
    """
    state = model.non_trainable_weights
    replaced = [
        (variable, tf.cast(randomness.key(seed, step, f"{use}/dropout {i}"), variable.dtype))
        for i, variable in enumerate(random_states(model))
    ]
    if weights is not None:
        replaced += zip(model.trainable_weights, weights, strict=True)
    with keras.StatelessScope(state_mapping=replaced) as scope:
        outputs = model(inputs, training=training)
    values = [(variable, scope.get_current_value(variable)) for variable in state]
    return tf.cast(outputs, tf.float32), [(v, value) for v, value in values if value is not None]


def layers_of(model, kind):
    """Return all layers of a kind in a model, nested ones included."""
    return [x for x in model._flatten_layers(include_self=False) if isinstance(x, kind)]


def random_states(model):
    """Return the variables in which Keras's random layers keep their position.

    They are part of ``model.variables`` but not of ``model.weights``.
    """
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def keep(updates):
    """Make the new state that a call returned the model's own."""
    distributed.assign(updates)


@contextlib.contextmanager
def watching(model, persistent=False):
    """Record a gradient tape for one player's trainable weights only."""
    with tf.GradientTape(persistent=persistent, watch_accessed_variables=False) as tape:
        for variable in model.trainable_weights:
            tape.watch(variable.value)
        yield tape


def regularization(model, weights=None):
    """Return the sum of the penalties of a model's own weight regularizers, 0 if it has none.

    ``weights`` are tensors that take the place of its trainable weights; None: its own.
    """
    pairs = zip(model.trainable_weights, weights or model.trainable_weights, strict=True)
    return sum((own.regularizer(w) for own, w in pairs if own.regularizer is not None), 0.0)


def gradients(tape, loss, model):
    """Return the loss's gradients for the model's trainable weights, in their order."""
    return tape.gradient(loss, [variable.value for variable in model.trainable_weights])


def settled(*values):
    """Return values that are there only when all of them are: so nothing is written before.

    TensorFlow orders the reads of a weight before its update by control edges. Its graph optimizer
    drops one where another path leads from the read to the update, and may cut that path later on,
    where only the shape of a value was used. Then, once in some hundred steps on a busy machine, a
    gradient is taken with a weight that is updated already. This makes the order one of data, by a
    call that is not taken apart (IdentityN is).

    Args:
        values: tensors, None, and lists of them or of (variable, tensor); see `call`.
    """
    if tf.executing_eagerly():
        return values
    flat = tf.nest.flatten(values)
    places = [i for i, value in enumerate(flat) if isinstance(value, tf.Tensor)]
    together = tf.function(
        lambda *all_of_them: all_of_them,
        autograph=False,
        experimental_attributes={"_noinline": True},
    ).get_concrete_function(*(tf.TensorSpec(flat[i].shape, flat[i].dtype) for i in places))
    for i, value in zip(places, together(*(flat[i] for i in places)), strict=True):
        flat[i] = value
    return tf.nest.pack_sequence_as(values, flat)


def descend(model, optimizer, gradients):
    """Apply one optimizer step to the model's trainable weights."""
    gradients = distributed.share_of(gradients)
    pairs = zip(gradients, model.trainable_weights, strict=True)
    # A penalty has no gradient for the last bias, for instance; Keras warns about a None.
    optimizer.apply_gradients([(g, v) for g, v in pairs if g is not None])


def accuracies(real_logits, fake_logits):
    """Return the fractions of real and fake samples that the sign of the logit judges rightly."""
    real = tf.reduce_mean(tf.cast(real_logits > 0, tf.float32))
    fake = tf.reduce_mean(tf.cast(fake_logits < 0, tf.float32))
    return real, fake


def xla_pays(generator, discriminator) -> bool:
    """Say whether to compile with XLA: on a GPU always, on a CPU for networks without convolutions.

    On a CPU, XLA's convolutions were measured 60 times slower than TensorFlow's own.
    """
    if tf.config.list_logical_devices("GPU"):
        return True
    weights = generator.weights + discriminator.weights
    return all(len(weight.shape) <= 2 for weight in weights)


def default_optimizer():
    """Return Adam with rate 2e-4 and beta_1 0.5. Source: Radford et al., 2016, section 4."""
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


def optimizer_of(given, name):
    """Return an optimizer that was given as an object, a name as Keras has it, or None.

    Raises:
        SettingError: Keras knows no such optimizer.
    """
    if given is None:
        return default_optimizer()
    try:
        return keras.optimizers.get(given)
    except (ValueError, TypeError) as error:
        raise SettingError(
            f"{name} is {given!r}, which Keras does not know as an optimizer; pass one, such as "
            'keras.optimizers.Adam(2e-4, beta_1=0.5), or a name, "adam" for instance.'
        ) from error


def optimizer_for(model, optimizer):
    """Return the optimizer, built for this player's weights; in float16, its losses scaled."""
    # Nested ones too: a wrapper may compute in float32, and what it wraps in float16.
    layers = model._flatten_layers(include_self=False)
    float16 = "float16" in {layer.compute_dtype for layer in layers}
    if float16 and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(model.trainable_weights)
    return optimizer


def unscaled(optimizer):
    """Return the optimizer itself, without the scale of losses that may stand around it."""
    return getattr(optimizer, "inner_optimizer", optimizer)
