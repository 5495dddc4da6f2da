"""Random streams by name: a stage that draws more or less does not shift any other stage."""

import zlib

import numpy as np


def stream(seed: int, stage: str) -> np.random.Generator:
    """A PCG64 stream that depends on the seed and the name of the stage only.

    The name enters as the spawn key of the seed sequence (its CRC-32, stable across versions of Python).
    """
    child = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(stage.encode("utf-8")),))
    return np.random.Generator(np.random.PCG64(child))
