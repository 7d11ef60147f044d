"""The first element of a training is looked at when it is there, and used all the same."""

import keras
import tensorflow as tf

from ganbook import value_range


class FirstCall(keras.callbacks.Callback):
    """Have the first call of a training look at its images before it uses them.

    Nothing of a generator that can be read only once is lost, and no later call is slower.

    Args:
        needs: what the images must be; see `ganbook.feeding.Needs`.
        looks_at_values: False if they have been looked at already.
    """

    def __init__(self, needs, looks_at_values=True):
        super().__init__()
        self.needs, self.looks_at_values = needs, looks_at_values
        self._call = None

    def on_train_begin(self, logs=None):
        self._call = self.model.train_function
        self.model.train_function = self._look

    def on_fit_left(self):
        if self.model.train_function == self._look:  # not one call was made
            self.model.train_function = self._call

    def _look(self, iterator):
        self.model.train_function = self._call
        element = next(iterator)
        parts = self.model.distribute_strategy.experimental_local_results(element)
        self._check(parts)
        if self.model.note_element(parts[0].shape):
            self.model.make_train_function(force=True)
        # A growing GAN puts another function in its place meanwhile: the one for its stage.
        return self.model.train_function(self._again(element, parts, iterator))

    def _check(self, parts):
        leading = 1 if self.needs.steps_per_call > 1 else 0
        self.needs.check_batch(sum(part.shape[leading] for part in parts))
        if self.looks_at_values:
            for part in parts:
                value_range.check(part, self.needs.values)

    def _again(self, element, parts, iterator):
        """Return an iterator of the same kind that gives this element."""
        strategy = self.model.distribute_strategy
        if strategy.num_replicas_in_sync == 1 and isinstance(element, tf.Tensor):
            spec = iterator.element_spec
            once = tf.data.Dataset.from_generator(lambda: iter([element]), output_signature=spec)
        else:
            once = tf.data.Dataset.from_tensors(tf.concat(parts, 0))
        options = tf.data.Options()
        options.autotune.enabled = False  # its thread sleeps, and the end would wait for it
        return iter(strategy.experimental_distribute_dataset(once.with_options(options)))
