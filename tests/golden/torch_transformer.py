#!/usr/bin/env python3
"""Writes torch_transformer.json: what PyTorch makes of the parts of today's Transformers (RMS norm,
rotary positions, SwiGLU, shared key-value heads, distance slopes, latent attention, mixtures of
experts), for tests/nn/torch_transformer_test.cpp and tests/nn/latent_attention_test.cpp.

    python3 tests/golden/torch_transformer.py > tests/golden/torch_transformer.json

Conventions, inputs and cotangents are those of torch_operations.py. Rotations are products of
complex numbers here; attention is written out with a bias matrix over all heads.
"""

import json
import sys

import torch
from torch import nn

from torch_operations import BATCH, LENGTHS, STEPS, WIDTH, before_end, flat, leaf, wave

HEADS, KV_HEADS, FEED_FORWARD = 4, 2, 12


def rms_norm(x, gain):
    return gain * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)


def rotate(x):
    """x [steps, batch, heads, width]"""
    width = x.shape[-1]
    frequencies = 10000.0 ** (-torch.arange(0, width, 2) / width)
    angles = torch.outer(torch.arange(x.shape[0], dtype=torch.float64), frequencies)
    turns = torch.polar(torch.ones_like(angles), angles)[:, None, None, :]
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * turns).flatten(-2)


def self_attention(x, p, rope, alibi):
    """Causal; p holds query, key, value, output weights and biases."""
    def heads(name, count):
        return nn.functional.linear(x, p[f"{name}.weight"], p[f"{name}.bias"]).reshape(
            STEPS, BATCH, count, WIDTH // HEADS)

    q, k, v = heads("query", HEADS), heads("key", KV_HEADS), heads("value", KV_HEADS)
    if rope:
        q, k = rotate(q), rotate(k)
    k, v = (m.repeat_interleave(HEADS // KV_HEADS, dim=2) for m in (k, v))
    scores = torch.einsum("tbhd,jbhd->bhtj", q, k) / (WIDTH // HEADS) ** 0.5
    place = torch.arange(STEPS)
    if alibi:
        slopes = torch.tensor([2.0 ** (-8 * (h + 1) / HEADS) for h in range(HEADS)])
        scores = scores - slopes[:, None, None] * (place[:, None] - place[None, :])
    future = place[None, :] > place[:, None]
    padding = (before_end(STEPS, LENGTHS)[:, :, 0] == 0).T
    scores = scores.masked_fill(future | padding[:, None, None, :], float("-inf"))
    context = torch.einsum("bhtj,jbhd->tbhd", torch.softmax(scores, -1), v)
    return nn.functional.linear(context.reshape(STEPS, BATCH, WIDTH), p["output.weight"],
                                p["output.bias"])


def parameters(tag, shapes):
    return {name: leaf(tag + i, *shape) for i, (name, shape) in enumerate(shapes.items())}


def attention_parameters(tag):
    kv = WIDTH // HEADS * KV_HEADS
    shapes = {}
    for name, rows in (("query", WIDTH), ("key", kv), ("value", kv), ("output", WIDTH)):
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (rows, WIDTH), (rows,)
    return parameters(tag, shapes)


def feed_forward_parameters(tag):
    return parameters(tag, {
        "inner.weight": (FEED_FORWARD, WIDTH), "inner.bias": (FEED_FORWARD,),
        "gate.weight": (FEED_FORWARD, WIDTH), "gate.bias": (FEED_FORWARD,),
        "outer.weight": (WIDTH, FEED_FORWARD), "outer.bias": (WIDTH,)})


def feed_forward(x, p):
    inner, gate = (nn.functional.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])
                   for name in ("inner", "gate"))
    return nn.functional.linear(nn.functional.silu(gate) * inner, p["outer.weight"],
                                p["outer.bias"])


def results(out, x, named, cotangent_tag, mask=1.0):
    """`named`: parameters by prefix."""
    (out * mask * wave(cotangent_tag, *out.shape)).sum().backward()
    gradients = {f"{prefix}.{name}" if name else prefix: flat(p.grad)
                 for prefix, group in named.items() for name, p in group.items()}
    return dict(out=flat(out * mask), d_x=flat(x.grad), gradients=gradients)


def norm_numbers():
    x, gain = leaf(1, STEPS, WIDTH), leaf(2, WIDTH)
    return results(rms_norm(x, gain), x, {"gain": {"": gain}}, 3)


def rotary_numbers():
    x = leaf(1, STEPS, BATCH, 2, 6)
    return results(rotate(x), x, {}, 2)


def feed_forward_numbers():
    x, p = leaf(1, STEPS, WIDTH), feed_forward_parameters(2)
    return results(feed_forward(x, p), x, {"layer": p}, 8)


def attention_numbers(rope, alibi):
    x, p = leaf(9, STEPS, BATCH, WIDTH), attention_parameters(1)
    return results(self_attention(x, p, rope, alibi), x, {"layer": p}, 11,
                   before_end(STEPS, LENGTHS))


def block_numbers():
    """One layer with the norms before: RMS norm, rotary shared heads, SwiGLU."""
    x, attention, forward = leaf(17, STEPS, BATCH, WIDTH), attention_parameters(1), \
        feed_forward_parameters(9)
    gains = [leaf(15, WIDTH), leaf(16, WIDTH)]
    y = x + self_attention(rms_norm(x, gains[0]), attention, True, False)
    y = y + feed_forward(rms_norm(y, gains[1]), forward)
    return results(y, x, {"attention": attention, "feed_forward": forward,
                          "norm1.gain": {"": gains[0]}, "norm2.gain": {"": gains[1]}}, 18,
                   before_end(STEPS, LENGTHS))


LATENT, QUERY_LATENT, ROPE, HEAD = 5, 3, 2, 4


def latent_numbers(query_latent):
    """Multi-head latent attention after DeepSeek-V2, 4 heads of 4, as its equations say it."""
    x = leaf(9, STEPS, BATCH, WIDTH)
    query_input = QUERY_LATENT if query_latent else WIDTH
    shapes = {}
    if query_latent:
        shapes["query_down.weight"], shapes["query_norm.gain"] = (QUERY_LATENT, WIDTH), \
            (QUERY_LATENT,)
    shapes.update({
        "query_up.weight": (HEADS * HEAD, query_input), "latent_down.weight": (LATENT, WIDTH),
        "latent_norm.gain": (LATENT,), "key_up.weight": (HEADS * HEAD, LATENT),
        "value_up.weight": (HEADS * HEAD, LATENT), "query_rope.weight": (HEADS * ROPE, query_input),
        "key_rope.weight": (ROPE, WIDTH), "output.weight": (WIDTH, HEADS * HEAD)})
    p = parameters(1, shapes)
    c_q = rms_norm(x @ p["query_down.weight"].T, p["query_norm.gain"]) if query_latent else x
    c = rms_norm(x @ p["latent_down.weight"].T, p["latent_norm.gain"])

    def heads(m):
        return m.reshape(STEPS, BATCH, HEADS, -1)

    q_r = rotate(heads(c_q @ p["query_rope.weight"].T))
    k_r = rotate((x @ p["key_rope.weight"].T)[:, :, None, :])
    q = torch.cat([heads(c_q @ p["query_up.weight"].T), q_r], -1)
    k = torch.cat([heads(c @ p["key_up.weight"].T), k_r.expand(-1, -1, HEADS, -1)], -1)
    v = heads(c @ p["value_up.weight"].T)
    scores = torch.einsum("tbhd,jbhd->bhtj", q, k) / (HEAD + ROPE) ** 0.5
    place = torch.arange(STEPS)
    padding = (before_end(STEPS, LENGTHS)[:, :, 0] == 0).T
    hidden = (place[None, :] > place[:, None]) | padding[:, None, None, :]
    weights = torch.softmax(scores.masked_fill(hidden, float("-inf")), -1)
    out = torch.einsum("bhtj,jbhd->tbhd", weights, v).flatten(-2) @ p["output.weight"].T
    return results(out, x, {"layer": p}, 11, before_end(STEPS, LENGTHS))


EXPERTS, ACTIVE, SHARED, INNER, BALANCE = 4, 2, 1, 3, 0.5


def mixture_numbers():
    """Shared and routed experts; the balance loss is added with weight BALANCE per row."""
    x = leaf(1, STEPS * BATCH, WIDTH)
    shapes = {"router.weight": (EXPERTS, WIDTH)}
    names = [f"shared{i}" for i in range(SHARED)] + [f"expert{i}" for i in range(EXPERTS)]
    for name in names:
        for part, shape in (("inner", (INNER, WIDTH)), ("outer", (WIDTH, INNER))):
            shapes[f"{name}.{part}.weight"], shapes[f"{name}.{part}.bias"] = shape, (shape[0],)
    p = parameters(2, shapes)

    def expert(name):
        inner = nn.functional.linear(x, p[f"{name}.inner.weight"], p[f"{name}.inner.bias"])
        return nn.functional.linear(torch.relu(inner), p[f"{name}.outer.weight"],
                                    p[f"{name}.outer.bias"])

    s = torch.softmax(x @ p["router.weight"].T, -1)
    chosen = torch.zeros_like(s).scatter(1, s.topk(ACTIVE).indices, 1.0)
    out = sum(expert(f"shared{i}") for i in range(SHARED))
    out = out + sum((s * chosen)[:, i:i + 1] * expert(f"expert{i}") for i in range(EXPERTS))
    rows = STEPS * BATCH
    frequency = chosen.sum(0) * EXPERTS / (ACTIVE * rows)
    balance = rows * BALANCE * (frequency * s.mean(0)).sum()
    balance.backward(retain_graph=True)
    return results(out, x, {"layer": p}, 3)


def main():
    json.dump(
        {
            "rms_norm": norm_numbers(),
            "rotary": rotary_numbers(),
            "swiglu": feed_forward_numbers(),
            "grouped_attention": {"plain": attention_numbers(False, False),
                                  "rope": attention_numbers(True, False),
                                  "alibi": attention_numbers(False, True)},
            "block": block_numbers(),
            "latent_attention": {"plain": latent_numbers(False),
                                 "query_latent": latent_numbers(True)},
            "mixture": mixture_numbers(),
        },
        sys.stdout, indent=None, separators=(",", ":"))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
