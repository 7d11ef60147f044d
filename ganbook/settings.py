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
    """Raise SettingError unless the discriminator takes what the generator makes."""
    for name, model in (("generator", generator), ("discriminator", discriminator)):
        if not getattr(model, "built", False):
            raise SettingError(f"the {name} is not built; begin it with keras.Input(shape).")
    made, taken = generator.output_shape[1:], discriminator.input_shape[1:]
    if made != taken:
        raise SettingError(
            f"the generator makes samples of shape {made}, the discriminator takes {taken}; "
            "the two must be equal."
        )


def check_optimizers(generator_optimizer, discriminator_optimizer):
    """Raise SettingError if both players share one optimizer object."""
    if generator_optimizer is not None and generator_optimizer is discriminator_optimizer:
        raise SettingError("both players got one optimizer object; give each its own.")


def check_stream(stream, gan):
    """Raise SettingError unless an element of the stream holds the real images of one call."""
    shape = stream.element_spec.shape
    leading = () if gan.steps_per_call == 1 else (gan.steps_per_call,)
    batch = f"{gan.discriminator_steps} * batch"
    wanted = (*leading, batch, *gan.discriminator.input_shape[1:])
    fits = shape.rank == len(wanted) and all(
        have == want for have, want in zip(shape, wanted, strict=True) if isinstance(want, int)
    )
    size = shape[len(leading)] if fits else None
    if not size or size % gan.discriminator_steps:
        raise SettingError(
            f"an element of the stream has shape {tuple(shape)}; these settings need "
            f"({', '.join(map(str, wanted))}), all sizes known."
        )
    devices = gan.distribute_strategy.num_replicas_in_sync
    if size // gan.discriminator_steps % devices:
        raise SettingError(
            f"a batch of {size // gan.discriminator_steps} cannot be shared out equally to "
            f"{devices} devices; use a multiple."
        )
