"""Layers that Keras does not have."""

from ganbook.layers.progressive import (
    EqualizedConv2D,
    EqualizedDense,
    MinibatchStdDev,
    PixelNorm,
)
from ganbook.layers.spectral import SpectralNormalization
from ganbook.layers.upsampling import UpSamplingConv2D

__all__ = [
    "EqualizedConv2D",
    "EqualizedDense",
    "MinibatchStdDev",
    "PixelNorm",
    "SpectralNormalization",
    "UpSamplingConv2D",
]
