"""Layers that Keras does not have."""

from ganbook.layers.augmentation import DiffAugment
from ganbook.layers.discrimination import MinibatchDiscrimination
from ganbook.layers.packing import Packing
from ganbook.layers.progressive import (
    EqualizedConv2D,
    EqualizedDense,
    MinibatchStdDev,
    PixelNorm,
)
from ganbook.layers.spectral import SpectralNormalization
from ganbook.layers.upsampling import UpSamplingConv2D

__all__ = [
    "DiffAugment",
    "EqualizedConv2D",
    "EqualizedDense",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "Packing",
    "PixelNorm",
    "SpectralNormalization",
    "UpSamplingConv2D",
]
