"""Packing: a discriminator that judges several samples at once."""

import keras
import tensorflow as tf

from ganbook.errors import SettingError
from ganbook.settings import whole


@keras.saving.register_keras_serializable("ganbook")
class Packing(keras.layers.Layer):
    """Put each ``count`` samples of a batch together, as channels of one.

    Placed in front of a discriminator, it has it judge packs in the place of samples: all real or
    all generated. One sample of a collapsed generator looks real; three alike do not.

        discriminator = keras.Sequential([keras.Input((28, 28, 1)), Packing(2), ...])

    Args:
        count: samples in a pack, 2 or more.

    Shapes: (N, ..., C) to (N / count, ..., count C); sample i of a pack has the channels from i C
    on. Raises SettingError for a count below 2, and for a batch that is known and no multiple.

    Source: Lin et al., 2018 (arXiv:1712.04086), section 3.
    """

    def __init__(self, count, **options):
        super().__init__(**options)
        self.count = whole(count, "count", at_least=2)

    def call(self, inputs):
        batch = inputs.shape[0]
        if batch is not None and batch % self.count:
            raise SettingError(
                f"a batch of {batch} cannot be divided into packs of {self.count}; use a multiple."
            )
        inner = inputs.shape[1:]
        packs = tf.reshape(inputs, (-1, self.count, *inner))
        # The pack's axis goes next to the channels: (N / count, ..., count, C).
        axes = (0, *range(2, len(inner) + 1), 1, len(inner) + 1)
        return tf.reshape(tf.transpose(packs, axes), (-1, *inner[:-1], self.count * inner[-1]))

    def compute_output_shape(self, input_shape):
        batch = None if input_shape[0] is None else input_shape[0] // self.count
        return (batch, *input_shape[1:-1], self.count * input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "count": self.count}
