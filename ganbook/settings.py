"""Checks of arguments: each says which value is wrong and what would be right."""

import operator

from ganbook.errors import DataError, SettingError

# How each kind of error goes on after "NAME is VALUE": what is measured speaks as `arrays` does.
EXPECTED = {
    SettingError: "; it must be an integer of {} or more.",
    DataError: ": expected a whole number, {} or more",
}


def whole(value, name, at_least=1, error=SettingError) -> int:
    """Return a whole number of at least ``at_least`` as an int, or raise SettingError.

    ``error`` may also be DataError, for a number that goes with samples to be measured.
    """
    try:
        number = at_least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = at_least - 1
    if number < at_least:
        raise error(f"{name} is {value!r}{EXPECTED[error].format(at_least)}")
    return number


def check_counts(**counts):
    """Raise SettingError unless every value is a whole number of at least 1."""
    for name, value in counts.items():
        whole(value, name)


def check_strategy(has_strategy, steps_per_call):
    """Raise SettingError for several steps a call under a strategy, whose devices meet in each."""
    if has_strategy and steps_per_call != 1:
        raise SettingError(
            f"steps_per_call is {steps_per_call}; under a tf.distribute strategy it must be 1, "
            "since its devices take a batch each time they meet."
        )


def check_clip(clip_weights):
    """Raise SettingError unless the bound is None or above 0."""
    if clip_weights is not None and not clip_weights > 0:
        raise SettingError(f"clip_weights is {clip_weights}; it must be above 0, or None.")


def check_players(generator, discriminator):
    """Raise SettingError unless these are networks that can play against each other."""
    for name, model in (("generator", generator), ("discriminator", discriminator)):
        _check_network(model, name)
    made, taken = generator.output_shape[1:], discriminator.input_shape[1:]
    if made != taken:
        raise SettingError(
            f"the generator makes samples of shape {made}, the discriminator takes {taken}; "
            "the two must be equal."
        )


def _check_network(model, name):
    """Raise SettingError unless this is a built Keras model, one tensor to one, with weights."""
    if not hasattr(model, "trainable_weights") or not callable(model):
        raise SettingError(f"the {name} is a {type(model).__name__}; it must be a Keras model.")
    if not getattr(model, "built", False):
        raise SettingError(f"the {name} is not built; begin it with keras.Input(shape).")
    for side in ("input", "output"):
        shape = getattr(model, f"{side}_shape", None)
        if shape is None:
            raise SettingError(
                f"the {name} has no {side}_shape: a subclass of keras.Model does not say its "
                f"shapes. Make it of keras.Input and layers, or give it the attribute {side}_shape."
            )
        if not _is_one_shape(shape):
            raise SettingError(
                f"the {name} has {len(shape)} {side}s; a GAN's networks have one of each."
            )
    if not model.trainable_weights:
        why = "trainable is False" if model.weights else "it has no weights"
        raise SettingError(
            f"the {name} has nothing to train ({why}). A GAN never freezes a player by trainable: "
            "each step takes the gradients of one player only."
        )


def _is_one_shape(shape):
    return all(size is None or isinstance(size, int) for size in shape)


def check_optimizers(generator_optimizer, discriminator_optimizer):
    """Raise SettingError for what is no optimizer of one player, or does what `GAN` does itself."""
    both = {
        "generator_optimizer": generator_optimizer,
        "discriminator_optimizer": discriminator_optimizer,
    }
    if generator_optimizer is discriminator_optimizer:
        raise SettingError("both players got one optimizer object; give each its own.")
    for name, optimizer in both.items():
        if getattr(getattr(optimizer, "inner_optimizer", optimizer), "use_ema", False):
            raise SettingError(
                f"{name} has use_ema=True, which averages weights that are then overwritten; leave "
                "it out, and pass GAN(..., average=0.999)."
            )
        if optimizer.built:
            raise SettingError(
                f"{name} belongs to the weights of another model already; give a new one, such as "
                "type(optimizer).from_config(optimizer.get_config())."
            )


OPTIMIZERS = "pass generator_optimizer= and discriminator_optimizer= to GAN(...)"
COMPILE = {
    "optimizer": OPTIMIZERS,
    "loss": "pass loss= to GAN(...)",
    "steps_per_execution": "pass steps_per_call= to GAN(...)",
    "metrics": "measure samples by ganbook.metrics, or by a callback",
    "weighted_metrics": "measure samples by ganbook.metrics, or by a callback",
    "loss_weights": "weigh the terms in a loss of your own",
}
FIT = {
    "validation_split": "pass validation_data=, images that were kept aside",
    "validation_steps": "pass a validation_data that is as long as it should be: .take(10)",
    "shuffle": "arrays and ImageData are always shuffled; shuffle a dataset by its own .shuffle",
    "class_weight": "choose the images that a dataset gives",
    "sample_weight": "choose the images that a dataset gives",
    "stream": "the data are the first argument",
}


def check_compile(arguments, others, jit_compile, run_eagerly):
    """Raise SettingError for arguments of Keras's ``compile`` that a `GAN` takes elsewhere."""
    if arguments:
        raise SettingError(
            f"compile was given {arguments[0]!r}; it takes jit_compile= and run_eagerly= by name. "
            f"For optimizers, {OPTIMIZERS}."
        )
    check_others("compile", others, COMPILE)
    if jit_compile not in (True, False, "auto"):
        raise SettingError(f'jit_compile is {jit_compile!r}; it must be True, False or "auto".')
    if run_eagerly not in (True, False):
        raise SettingError(f"run_eagerly is {run_eagerly!r}; it must be True or False.")


def check_others(function, others, known=FIT):
    """Raise SettingError for arguments that Keras's function of this name takes and ours does not.

    Raises:
        TypeError: the argument is none of Keras's either.
    """
    for name, value in others.items():
        if name not in known:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
        if value is not None:
            raise SettingError(f"{function} does not take {name}; {known[name]}.")
