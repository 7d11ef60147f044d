"""One adversarial step: the losses, the gradients and the moves of both players."""

import itertools

import tensorflow as tf

from ganbook import averaging, distributed, players, randomness

LOGS = ("discriminator_loss", "generator_loss", "real_accuracy", "fake_accuracy")


def scaled_images(images):
    """Return float32 images in [-1, 1] from uint8 ones; floats pass (2-D points, for instance)."""
    if images.dtype == tf.uint8:
        return tf.cast(images, tf.float32) / 127.5 - 1.0
    return tf.cast(images, tf.float32)


class AdversarialUpdate:
    """The part of a `GAN` that Keras's ``fit`` compiles and calls for each element of the stream.

    It reads the settings that the constructor of `GAN` checked, and has none of its own.
    """

    def train_step(self, data):
        """Make steps_per_call adversarial steps; stop early after a non-finite loss."""
        start = self._step.value()
        if distributed.has_strategy():  # replicas cannot meet inside a loop
            row = self._adversarial_step(data, start)
            self._step.assign_add(1)
            self._rows.assign(row[tf.newaxis])
            return dict(zip(LOGS, tf.unstack(row), strict=True))
        chunk = data if self.steps_per_call > 1 else data[tf.newaxis]

        def one(i, finite, rows):
            row = self._adversarial_step(chunk[i], start + tf.cast(i, tf.int64))
            rows = tf.tensor_scatter_nd_update(rows, [[i]], [row])
            return i + 1, tf.reduce_all(tf.math.is_finite(row)), rows

        empty = tf.fill((self.steps_per_call, len(LOGS)), float("nan"))
        # Keras does not convert train_step from Python, so the loop is spelled out.
        done, _, rows = tf.while_loop(
            lambda i, finite, rows: (i < self.steps_per_call) & finite,
            one,
            (tf.constant(0), tf.constant(True), empty),
        )
        self._step.assign_add(tf.cast(done, tf.int64))
        self._rows.assign(rows)
        made = tf.reduce_sum(tf.where(tf.range(self.steps_per_call)[:, None] < done, rows, 0.0), 0)
        return dict(zip(LOGS, tf.unstack(made / tf.cast(done, tf.float32)), strict=True))

    def _adversarial_step(self, images, step):
        """Update both players on the real images of one step; return the values named in LOGS."""
        real = tf.split(scaled_images(images), self.discriminator_steps)
        if self.update == "simultaneous":
            return self._update_both(real[0], step)
        judged = [self._update_discriminator(part, step, j) for j, part in enumerate(real)]
        made = [self._update_generator(real[-1], step, j) for j in range(self.generator_steps)]
        discriminator_loss, real_accuracy, fake_accuracy = tf.unstack(tf.reduce_mean(judged, 0))
        return tf.stack([discriminator_loss, tf.reduce_mean(made), real_accuracy, fake_accuracy])

    def _update_discriminator(self, real, step, j):
        fake, _ = self._fakes(real.shape[0], step, f"discriminator {j}")
        with players.watching(self.discriminator) as tape:
            real_logits, state = self._judge(real, step, f"real {j}")
            fake_logits, _ = self._judge(fake, step, f"fake {j}")
            loss = self._discriminator_loss(real, fake, real_logits, fake_logits, step, j)
            scaled = self.discriminator_optimizer.scale_loss(loss)
        self._move_discriminator(players.gradients(tape, scaled, self.discriminator), state)
        return tf.stack([loss, *players.accuracies(real_logits, fake_logits)])

    def _update_generator(self, real, step, j):
        use = f"generator {j}"
        with players.watching(self.generator) as tape:
            fake, state = self._fakes(real.shape[0], step, use)
            weights = self._look_ahead(real, fake, step, use) if self.unroll else None
            fake_logits, _ = self._judge(fake, step, f"{use} fake", weights)
            loss = self._generator_loss(fake_logits, real, step, use, weights)
            scaled = self.generator_optimizer.scale_loss(loss)
        self._move_generator(players.gradients(tape, scaled, self.generator), state, step)
        return loss

    def _update_both(self, real, step):
        with (
            players.watching(self.discriminator) as discriminator_tape,
            players.watching(self.generator) as generator_tape,
        ):
            fake, generator_state = self._fakes(real.shape[0], step, "both")
            real_logits, state = self._judge(real, step, "real 0")
            fake_logits, _ = self._judge(fake, step, "fake 0")
            fixed = tf.stop_gradient(fake)
            d_loss = self._discriminator_loss(real, fixed, real_logits, fake_logits, step, 0)
            g_loss = self._generator_loss(fake_logits, real, step, "both")
            d_scaled = self.discriminator_optimizer.scale_loss(d_loss)
            g_scaled = self.generator_optimizer.scale_loss(g_loss)
        # Both gradients belong to the weights before the step: take both, then apply.
        d_gradients = players.gradients(discriminator_tape, d_scaled, self.discriminator)
        g_gradients = players.gradients(generator_tape, g_scaled, self.generator)
        self._move_discriminator(d_gradients, state)
        self._move_generator(g_gradients, generator_state, step)
        return tf.stack([d_loss, g_loss, *players.accuracies(real_logits, fake_logits)])

    def _fakes(self, count, step, use):
        """Return fakes for the latents of this use, and the generator's new state."""
        shape = (count, *self.generator.input_shape[1:])
        key = randomness.key(self.seed, step, f"{use} latents")
        latents = distributed.own_rows(randomness.normal, shape, key)
        return players.call(self.generator, latents, self.seed, step, use)

    def _judge(self, images, step, use, weights=None):
        """Return the discriminator's outputs and its new state."""
        return players.call(self.discriminator, images, self.seed, step, f"judge {use}", weights)

    def _look_ahead(self, real, fake, step, use):
        """Return the discriminator's weights after ``unroll`` gradient steps, as tensors.

        They are functions of the fakes: the generator's tape records how they come about.
        """
        weights = [variable.value for variable in self.discriminator.trainable_weights]
        rate = tf.cast(self.discriminator_optimizer.learning_rate, tf.float32)
        for i in range(self.unroll):
            ahead = f"{use} ahead {i}"
            with tf.GradientTape() as tape:
                tape.watch(weights)
                real_logits, _ = self._judge(real, step, f"{ahead} real", weights)
                fake_logits, _ = self._judge(fake, step, f"{ahead} fake", weights)
                loss = self._discriminator_loss(
                    real, fake, real_logits, fake_logits, step, ahead, weights
                )
            gradients = distributed.mean(tape.gradient(loss, weights))
            weights = [
                w if g is None else w - tf.cast(rate, w.dtype) * g
                for w, g in zip(weights, gradients, strict=True)
            ]
        return weights

    def _discriminator_loss(self, real, fake, real_logits, fake_logits, step, j, weights=None):
        seed = randomness.key(self.seed, step, f"labels {j}")
        loss = self.loss_pair.discriminator(real_logits, fake_logits, seed=seed)
        loss += players.regularization(self.discriminator, weights)
        if self.penalty is None:
            return loss

        calls = itertools.count()  # a penalty's calls have dropout masks of their own

        def judge(images, training=True):
            return self._judge(images, step, f"penalty {j} {next(calls)}", weights)[0]

        return loss + self.penalty(
            judge, real, fake, randomness.key(self.seed, step, f"penalty {j}")
        )

    def _generator_loss(self, fake_logits, real, step, use, weights=None):
        real_logits = None
        if getattr(self.loss_pair, "uses_real_logits", False):
            real_logits, _ = self._judge(real, step, f"{use} real", weights)
        seed = randomness.key(self.seed, step, f"{use} labels")
        loss = self.loss_pair.generator(fake_logits, real_logits, seed=seed)
        return loss + players.regularization(self.generator)

    def _move_discriminator(self, gradients, state):
        players.descend(self.discriminator, self.discriminator_optimizer, gradients)
        players.keep(state)
        if self.clip_weights is not None:
            bound, weights = self.clip_weights, self.discriminator.trainable_weights
            distributed.assign((w, tf.clip_by_value(w.value, -bound, bound)) for w in weights)

    def _move_generator(self, gradients, state, step):
        players.descend(self.generator, self.generator_optimizer, gradients)
        players.keep(state)
        if self._slow_generator is not None:
            age = self._age_of_average(step)
            averaging.update(self._slow_generator, self.generator, age, self.average)

    def _age_of_average(self, step):
        """Return for how many steps the average has been running, on which its decay depends."""
        return step
