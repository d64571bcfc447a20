#!/usr/bin/env python3
"""The first uniform numbers of a key, from ChaCha (Bernstein 2008) with 8 rounds written out.

    python scripts/reference/random_numbers.py

Prints them for the test random::the_numbers_are_chacha_of_seed_purpose_step_and_layer. Needs nothing but Python.
"""
import struct


def fnv(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def quarter_round(x, a, b, c, d):
    for i, j, k, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[i] = (x[i] + x[j]) % 2**32
        x[k] ^= x[i]
        x[k] = (x[k] << turn | x[k] >> 32 - turn) % 2**32


def block(key, counter):
    start = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), counter, 0, 0, 0]
    x = list(start)
    for _ in range(4):
        for columns in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)):
            quarter_round(x, *columns)
        for diagonals in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter_round(x, *diagonals)
    return [(a + b) % 2**32 for a, b in zip(x, start)]


def uniform(seed, purpose, step, layer, count):
    words = block(struct.pack("<4Q", seed, fnv(purpose), step, layer), 0)
    return [((words[2 * i] | words[2 * i + 1] << 32) >> 11) / 2**53 for i in range(count)]


print(uniform(42, "dropout q_proj", 7, 3, 4))
