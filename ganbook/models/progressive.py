"""Lesson 06: networks that grow from 4 x 4 to 32 x 32, stage by stage.

Stage 0 makes images of 4 x 4; each further stage doubles them. All stages are built up front. Which
one is used is the attribute ``stage``; a new stage comes in gradually, by the attribute ``fade``:
at 0 the images are those of the old stage, upsampled, at 1 the old stage's branch is gone.

Source: Karras et al., 2018 (arXiv:1710.10196), figure 2 and table 2, with fewer channels.
"""

import keras
import tensorflow as tf
from keras import layers

from ganbook.errors import SettingError
from ganbook.layers import EqualizedConv2D, EqualizedDense, MinibatchStdDev, PixelNorm
from ganbook.settings import whole

LATENT_SIZE = 128
CHANNELS = (128, 128, 64, 32)  # at 4 x 4, 8 x 8, 16 x 16 and 32 x 32
SMALLEST = 4
SLOPE = 0.2


def upsample(images):
    """Return images of twice the size, every pixel repeated: (N, H, W, C) to (N, 2 H, 2 W, C)."""
    return tf.repeat(tf.repeat(images, 2, axis=1), 2, axis=2)


def shrink(images):
    """Return images of half the size, means of 2 x 2 pixels: (N, H, W, C) to (N, H/2, W/2, C)."""
    return tf.nn.avg_pool2d(images, 2, 2, "VALID")


def blend(old, new, fade):
    """Return (1 - fade) old + fade new; at 0 and 1 exactly one of them."""
    fade = tf.cast(fade, new.dtype)
    return (1.0 - fade) * old + fade * new


def stages_of(resolution) -> int:
    """Return how many stages lead to a resolution: 1 for 4, 4 for 32.

    Raises:
        SettingError: the resolution is not 4 * 2^n.
    """
    whole(resolution, "resolution", at_least=SMALLEST)
    stages = (resolution // SMALLEST).bit_length()
    if resolution != SMALLEST * 2 ** (stages - 1):
        raise SettingError(
            f"resolution is {resolution}; it must be 4 times a power of two: 4, 8, 16, 32, 64 ..."
        )
    return stages


class Growing(keras.Model):
    """What both networks have in common: a resolution, channels for each stage, stage and fade.

    Args:
        resolution: of the last stage, 4 * 2^n.
        channels: one number for each stage, from 4 x 4 up.
        colors: 1 for gray images, 3 for color.

    Attributes:
        stage: the stage that is used, from 0. A new network is fully grown.
        fade: how far this stage has come in: a number from 0 to 1, or such a tensor.
    """

    def __init__(self, resolution=32, channels=CHANNELS, colors=1, **options):
        super().__init__(**options)
        stages = stages_of(resolution)
        if len(channels) != stages:
            raise SettingError(
                f"{len(channels)} channel numbers for the {stages} stages from 4 to {resolution}; "
                "give one for each."
            )
        self.resolution, self.channels = resolution, tuple(channels)
        self.colors = whole(colors, "colors")
        self.stage, self.fade = stages - 1, 1.0

    @property
    def image_shape(self):
        """The shape of an image at the last stage: (H, W, colors)."""
        return (self.resolution, self.resolution, self.colors)

    def fading(self) -> bool:
        """Say whether the old stage still has a part in the outputs."""
        return self.stage > 0 and not (isinstance(self.fade, float) and self.fade == 1.0)

    def get_config(self):
        return {
            "name": self.name,
            "resolution": self.resolution,
            "channels": list(self.channels),
            "colors": self.colors,
        }


@keras.saving.register_keras_serializable("ganbook")
class GrowingGenerator(Growing):
    """A generator that grows: (N, latent_size) latents to images of its stage, about in [-1, 1].

    Args: those of `Growing`, and
        latent_size: values of a latent. Latents are brought to length sqrt(latent_size) first.

    Its last layer is linear, as in the paper: images can leave [-1, 1] a little.
    """

    def __init__(self, resolution=32, channels=CHANNELS, colors=1, latent_size=LATENT_SIZE, **more):
        super().__init__(resolution, channels, colors, **{"name": "generator", **more})
        self.latent_size = whole(latent_size, "latent_size")
        self.first = generator_start(latent_size, channels[0])
        self.blocks = [
            generator_block(old, new) for old, new in zip(channels[:-1], channels[1:], strict=True)
        ]
        self.to_colors = [
            keras.Sequential([keras.Input((None, None, c)), EqualizedConv2D(colors, 1, gain=1.0)])
            for c in channels
        ]
        self.built = True

    input_shape = property(lambda self: (None, self.latent_size))
    output_shape = property(lambda self: (None, *self.image_shape))

    def call(self, latents, training=False):
        values = old = self.first(latents)
        for block in self.blocks[: self.stage]:
            values, old = block(values), values
        images = self.to_colors[self.stage](values)
        if not self.fading():
            return images
        return blend(upsample(self.to_colors[self.stage - 1](old)), images, self.fade)

    def grown(self) -> keras.Model:
        """Return the fully grown generator as an ordinary Keras model that shares the weights."""
        parts = [self.first, *self.blocks, self.to_colors[-1]]
        return keras.Sequential([keras.Input((self.latent_size,)), *parts], name=self.name)

    def get_config(self):
        return {**super().get_config(), "latent_size": self.latent_size}


@keras.saving.register_keras_serializable("ganbook")
class GrowingDiscriminator(Growing):
    """A critic that grows: (N, H, W, colors) images of its stage to (N, 1), any real number.

    Args: those of `Growing`, and
        std_dev: whether it sees how much the images of a group differ, by `MinibatchStdDev`.
    """

    def __init__(self, resolution=32, channels=CHANNELS, colors=1, std_dev=True, **more):
        super().__init__(resolution, channels, colors, **{"name": "discriminator", **more})
        self.std_dev = bool(std_dev)
        self.from_colors = [
            keras.Sequential([keras.Input((None, None, colors)), *activated(c, 1)])
            for c in channels
        ]
        self.blocks = [
            discriminator_block(new, old)
            for old, new in zip(channels[:-1], channels[1:], strict=True)
        ]
        self.last = discriminator_end(channels[0], self.std_dev)
        self.built = True

    input_shape = property(lambda self: (None, *self.image_shape))
    output_shape = property(lambda self: (None, 1))

    def call(self, images, training=False):
        values = self.from_colors[self.stage](images)
        for i in reversed(range(self.stage)):
            values = self.blocks[i](values)
            if i == self.stage - 1 and self.fading():
                values = blend(self.from_colors[i](shrink(images)), values, self.fade)
        return self.last(values)

    def get_config(self):
        return {**super().get_config(), "std_dev": self.std_dev}


def generator_start(latent_size, channels):
    """Return the layers from latents to (N, 4, 4, channels)."""
    return keras.Sequential(
        [
            keras.Input((latent_size,)),
            PixelNorm(),
            EqualizedDense(SMALLEST * SMALLEST * channels, gain=2.0**0.5 / 4),
            layers.Reshape((SMALLEST, SMALLEST, channels)),
            layers.LeakyReLU(negative_slope=SLOPE),
            PixelNorm(),
            *activated(channels, 3, norm=True),
        ]
    )


def generator_block(old, new):
    """Return the layers of a further stage: (N, H, W, old) to (N, 2 H, 2 W, new)."""
    return keras.Sequential(
        [
            keras.Input((None, None, old)),
            layers.UpSampling2D(),
            *activated(new, 3, norm=True),
            *activated(new, 3, norm=True),
        ]
    )


def discriminator_block(new, old):
    """Return the layers of a further stage, downwards: (N, H, W, new) to (N, H/2, W/2, old)."""
    return keras.Sequential(
        [
            keras.Input((None, None, new)),
            *activated(new, 3),
            *activated(old, 3),
            layers.AveragePooling2D(2),
        ]
    )


def discriminator_end(channels, std_dev=True):
    """Return the layers from (N, 4, 4, channels) to one number for each image."""
    return keras.Sequential(
        [
            keras.Input((SMALLEST, SMALLEST, channels)),
            *([MinibatchStdDev()] if std_dev else []),
            *activated(channels, 3),
            layers.Flatten(),
            EqualizedDense(channels),
            layers.LeakyReLU(negative_slope=SLOPE),
            EqualizedDense(1, gain=1.0),
        ]
    )


def activated(channels, kernel_size, norm=False):
    """Return a convolution, LeakyReLU and, for generators, PixelNorm."""
    found = [
        EqualizedConv2D(channels, kernel_size, padding="same"),
        layers.LeakyReLU(negative_slope=SLOPE),
    ]
    return [*found, PixelNorm()] if norm else found
