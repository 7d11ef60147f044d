import signal
import threading

import keras
import numpy as np
import pytest
from helpers import gan_of, images
from test_feeding import state_of

from ganbook.interrupts import TrainingInterrupted

IMAGES = images(64)


class InterruptAt(keras.callbacks.Callback):
    """Interrupts after a step, by the exception or by the signal that Jupyter sends."""

    def __init__(self, step, by_signal=False):
        super().__init__()
        self.step, self.by_signal = step, by_signal

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step == self.step:
            if not self.by_signal:
                raise KeyboardInterrupt
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("by_signal", [False, True])
@pytest.mark.parametrize("settings", [{"average": 0.9}, {"steps_per_call": 2}])
def test_it_says_where_it_stopped_and_goes_on_exactly(settings, by_signal):
    assert threading.current_thread() is threading.main_thread()
    whole, broken = gan_of(**settings), gan_of(**settings)
    whole.fit(IMAGES, batch_size=16, steps=8, verbose=0)
    with pytest.raises(TrainingInterrupted) as caught:
        broken.fit(IMAGES, batch_size=16, steps=8, verbose=0, callbacks=[InterruptAt(4, by_signal)])
    assert str(caught.value) == "Stopped at step 4 of 8; run this cell again to go on."
    broken.fit(IMAGES, batch_size=16, steps=8 - broken.step, verbose=0)
    assert state_of(whole) == state_of(broken)
    np.testing.assert_array_equal(whole.sample(4), broken.sample(4))


def test_an_interrupt_before_the_first_step_leaves_all_as_it_was():
    gan = gan_of()

    class AtOnce(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(TrainingInterrupted, match="step 0 of 3;"):
        gan.fit(IMAGES, steps=3, verbose=0, callbacks=[AtOnce()])
    gan.fit(IMAGES, steps=3, verbose=0)
    assert gan.step == 3


def test_a_length_that_is_not_known_is_not_named():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices(IMAGES).batch(16)
    with pytest.raises(TrainingInterrupted, match=r"Stopped at step 2; run"):
        gan_of().fit(data, epochs=3, verbose=0, callbacks=[InterruptAt(2)])
