#!/usr/bin/env python3
"""Writes torch_operations.json: what PyTorch makes of recurrent layers, attention, layer norm,
Transformer layers and cross-entropy, for tests/autograd/torch_test.cpp and tests/nn/torch_test.cpp.

    python3 tests/golden/torch_operations.py > tests/golden/torch_operations.json

Made with PyTorch 1.13 (Debian 12, python3-torch). Inputs, weights and cotangents follow one formula
(`wave` here, `test::wave` in tests/golden/golden.hpp), rounded to float and computed on in double.
Sequences are time-major. Gradients are those of sum(cotangent * output); an output past the end of
a sentence has cotangent 0. Each result is a flat list, by the name that the test gives it.
"""

import json
import sys

import numpy
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

STEPS, BATCH, INPUT, HIDDEN = 4, 3, 5, 6
LENGTHS = [4, 1, 3]
WIDTH, HEADS, FEED_FORWARD = 8, 2, 12
SOURCE_STEPS, SOURCE_LENGTHS = 5, [2, 5, 4]


def wave(tag, *shape):
    """Element i of tensor `tag` is 0.6 sin((0.37 + 0.05 tag) i + tag)."""
    i = numpy.arange(int(numpy.prod(shape)), dtype=numpy.float64)
    values = 0.6 * numpy.sin((0.37 + 0.05 * tag) * i + tag)
    return torch.tensor(values.astype(numpy.float32).astype(numpy.float64).reshape(shape))


def leaf(tag, *shape):
    return wave(tag, *shape).requires_grad_()


def set_value(parameter, value):
    with torch.no_grad():
        parameter.copy_(value)


def before_end(steps, lengths):
    """[steps, batch, 1], 1 before a sentence's end."""
    return torch.tensor([[[float(t < n)] for n in lengths] for t in range(steps)])


def flat(tensor):
    return [float(f"{x:.9g}") for x in tensor.detach().reshape(-1).tolist()]


def recurrent(kind, backward):
    layer = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind](INPUT, HIDDEN, bidirectional=True)
    gates = {"rnn": 1, "lstm": 4, "gru": 3}[kind] * HIDDEN
    suffix = "_l0_reverse" if backward else "_l0"
    w_ih, w_hh, b_ih, b_hh = (getattr(layer, name + suffix)
                              for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    set_value(w_ih, wave(1, gates, INPUT))
    set_value(w_hh, wave(2, gates, HIDDEN))
    set_value(b_ih, wave(3, gates))
    # seqlab's only second bias is the one inside the gru's reset product.
    candidate = torch.zeros(gates)
    if kind == "gru":
        candidate[2 * HIDDEN:] = wave(4, HIDDEN)
    set_value(b_hh, candidate)

    x = leaf(5, STEPS, BATCH, INPUT)
    h0, c0 = leaf(6, BATCH, HIDDEN), leaf(7, BATCH, HIDDEN)
    mine = 1 if backward else 0
    both = [torch.stack([s, torch.zeros_like(s)] if mine == 0 else [torch.zeros_like(s), s])
            for s in (h0, c0)]
    packed = pack_padded_sequence(x, LENGTHS, enforce_sorted=False)
    packed_out, last = layer(packed, tuple(both) if kind == "lstm" else both[0])
    out = pad_packed_sequence(packed_out)[0][:, :, mine * HIDDEN:(mine + 1) * HIDDEN]
    last_h = (last[0] if kind == "lstm" else last)[mine]
    objective = (out * wave(8, STEPS, BATCH, HIDDEN)).sum() + (last_h * wave(9, BATCH, HIDDEN)).sum()
    result = {"h": flat(out), "last_h": flat(last_h)}
    if kind == "lstm":
        last_c = last[1][mine]
        objective = objective + (last_c * wave(10, BATCH, HIDDEN)).sum()
        result["last_c"] = flat(last_c)
    objective.backward()
    result.update(d_x=flat(x.grad), d_h0=flat(h0.grad), d_w_ih=flat(w_ih.grad),
                  d_w_hh=flat(w_hh.grad), d_bias=flat(b_ih.grad))
    if kind == "lstm":
        result["d_c0"] = flat(c0.grad)
    if kind == "gru":
        result["d_b_candidate"] = flat(b_hh.grad[2 * HIDDEN:])
    return result


def additive_attention_decoder(kind):
    """A cell whose input is [x | context], attention asked with the state before the step."""
    units, width = 7, 4
    cell = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}[kind](INPUT + width, HIDDEN)
    gates = {"rnn": 1, "lstm": 4, "gru": 3}[kind] * HIDDEN
    set_value(cell.weight_ih, torch.cat([wave(1, gates, INPUT), wave(2, gates, width)], 1))
    set_value(cell.weight_hh, wave(3, gates, HIDDEN))
    set_value(cell.bias_ih, wave(4, gates))
    candidate = torch.zeros(gates)
    if kind == "gru":
        candidate[2 * HIDDEN:] = wave(5, HIDDEN)
    set_value(cell.bias_hh, candidate)
    w_query, v = leaf(6, units, HIDDEN), leaf(7, units)
    x, keys = leaf(8, STEPS, BATCH, INPUT), leaf(9, SOURCE_STEPS, BATCH, units)
    values = leaf(10, SOURCE_STEPS, BATCH, width)
    h0, c0 = leaf(11, BATCH, HIDDEN), leaf(12, BATCH, HIDDEN)

    padding = before_end(SOURCE_STEPS, SOURCE_LENGTHS)[:, :, 0] == 0
    going = before_end(STEPS, LENGTHS)
    h, c = h0, c0
    hs, contexts, weights = [], [], []
    for t in range(STEPS):
        energies = torch.tanh(h @ w_query.T + keys) @ v
        attention = torch.softmax(energies.masked_fill(padding, float("-inf")), 0)
        context = (attention[:, :, None] * values).sum(0)
        step_input = torch.cat([x[t], context], 1)
        if kind == "lstm":
            new_h, new_c = cell(step_input, (h, c))
            c = torch.where(going[t] == 1, new_c, c)
        else:
            new_h = cell(step_input, h)
        h = torch.where(going[t] == 1, new_h, h)
        hs.append(h)
        contexts.append(context)
        weights.append(attention.T)
    hs, contexts, weights = torch.stack(hs), torch.stack(contexts), torch.stack(weights)
    objective = ((hs * going * wave(13, STEPS, BATCH, HIDDEN)).sum()
                 + (contexts * going * wave(14, STEPS, BATCH, width)).sum())
    objective.backward()
    d_input = cell.weight_ih.grad
    result = dict(h=flat(hs), contexts=flat(contexts), weights=flat(weights), d_x=flat(x.grad),
                  d_keys=flat(keys.grad), d_values=flat(values.grad), d_h0=flat(h0.grad),
                  d_w_ih=flat(d_input[:, :INPUT]), d_w_context=flat(d_input[:, INPUT:]),
                  d_w_hh=flat(cell.weight_hh.grad), d_bias=flat(cell.bias_ih.grad),
                  d_w_query=flat(w_query.grad), d_v=flat(v.grad))
    if kind == "lstm":
        result["d_c0"] = flat(c0.grad)
    if kind == "gru":
        result["d_b_candidate"] = flat(cell.bias_hh.grad[2 * HIDDEN:])
    return result


def layer_norm():
    norm = nn.LayerNorm(HIDDEN)
    set_value(norm.weight, wave(1, HIDDEN))
    set_value(norm.bias, wave(2, HIDDEN))
    x = leaf(3, STEPS, HIDDEN)
    out = norm(x)
    (out * wave(4, STEPS, HIDDEN)).sum().backward()
    return dict(out=flat(out), d_x=flat(x.grad), d_gain=flat(norm.weight.grad),
                d_bias=flat(norm.bias.grad))


def activations():
    x = wave(1, 40) * 5
    return dict(tanh=flat(torch.tanh(x)), relu=flat(torch.relu(x)),
                gelu=flat(nn.functional.gelu(x)))


def padding_mask(steps, lengths):
    """[batch, steps], true on padding."""
    return (before_end(steps, lengths)[:, :, 0] == 0).T


def causal_mask(steps):
    return torch.triu(torch.ones(steps, steps, dtype=torch.bool), 1)


def attention_weights(tag):
    """Weights and biases of nn.MultiheadAttention, four tags from `tag` on, twice."""
    w = [wave(tag + 2 * i, WIDTH, WIDTH) for i in range(4)]
    b = [wave(tag + 2 * i + 1, WIDTH) for i in range(4)]
    return w, b


def fill_attention(layer, tag):
    w, b = attention_weights(tag)
    set_value(layer.in_proj_weight, torch.cat(w[:3]))
    set_value(layer.in_proj_bias, torch.cat(b[:3]))
    set_value(layer.out_proj.weight, w[3])
    set_value(layer.out_proj.bias, b[3])


def attention_gradients(layer, name):
    w, b = layer.in_proj_weight.grad.split(WIDTH), layer.in_proj_bias.grad.split(WIDTH)
    result = {}
    for i, part in enumerate(["query", "key", "value"]):
        result[f"{name}.{part}.weight"] = flat(w[i])
        result[f"{name}.{part}.bias"] = flat(b[i])
    result[f"{name}.output.weight"] = flat(layer.out_proj.weight.grad)
    result[f"{name}.output.bias"] = flat(layer.out_proj.bias.grad)
    return result


def pair_gradients(layer, name, weight="weight"):
    return {f"{name}.{weight}": flat(layer.weight.grad), f"{name}.bias": flat(layer.bias.grad)}


def attention():
    layer = nn.MultiheadAttention(WIDTH, HEADS)
    fill_attention(layer, 1)
    x, memory = leaf(9, STEPS, BATCH, WIDTH), leaf(10, SOURCE_STEPS, BATCH, WIDTH)
    cross, weights = layer(x, memory, memory,
                           key_padding_mask=padding_mask(SOURCE_STEPS, SOURCE_LENGTHS),
                           average_attn_weights=False)
    cotangent = wave(11, STEPS, BATCH, WIDTH)
    (cross * cotangent).sum().backward()
    result = dict(cross=flat(cross), cross_weights=flat(weights), d_x=flat(x.grad),
                  d_memory=flat(memory.grad), cross_gradients=attention_gradients(layer, "layer"))
    x.grad = None
    layer.zero_grad()
    itself, _ = layer(x, x, x, attn_mask=causal_mask(STEPS),
                      key_padding_mask=padding_mask(STEPS, LENGTHS))
    going = before_end(STEPS, LENGTHS)
    (itself * going * cotangent).sum().backward()
    result.update(causal=flat(itself * going), d_causal_x=flat(x.grad),
                  causal_gradients=attention_gradients(layer, "layer"))
    return result


def fill_pair(layer, tag):
    set_value(layer.weight, wave(tag, *layer.weight.shape))
    set_value(layer.bias, wave(tag + 1, *layer.bias.shape))


def encoder_layer(norm_first, activation):
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, FEED_FORWARD, dropout=0.0,
                                       activation=activation, norm_first=norm_first)
    fill_attention(layer.self_attn, 1)
    for part, tag in ((layer.linear1, 9), (layer.linear2, 11), (layer.norm1, 13),
                      (layer.norm2, 15)):
        fill_pair(part, tag)
    x = leaf(17, SOURCE_STEPS, BATCH, WIDTH)
    going = before_end(SOURCE_STEPS, SOURCE_LENGTHS)
    out = layer(x, src_key_padding_mask=padding_mask(SOURCE_STEPS, SOURCE_LENGTHS))
    (out * going * wave(18, SOURCE_STEPS, BATCH, WIDTH)).sum().backward()
    return dict(out=flat(out * going), d_x=flat(x.grad),
                gradients={**attention_gradients(layer.self_attn, "attention"),
                           **pair_gradients(layer.linear1, "feed_forward.inner"),
                           **pair_gradients(layer.linear2, "feed_forward.outer"),
                           **pair_gradients(layer.norm1, "norm1", "gain"),
                           **pair_gradients(layer.norm2, "norm2", "gain")})


def decoder_layer(norm_first, activation):
    layer = nn.TransformerDecoderLayer(WIDTH, HEADS, FEED_FORWARD, dropout=0.0,
                                       activation=activation, norm_first=norm_first)
    fill_attention(layer.self_attn, 1)
    fill_attention(layer.multihead_attn, 9)
    for part, tag in ((layer.linear1, 17), (layer.linear2, 19), (layer.norm1, 21),
                      (layer.norm2, 23), (layer.norm3, 25)):
        fill_pair(part, tag)
    x, memory = leaf(27, STEPS, BATCH, WIDTH), leaf(28, SOURCE_STEPS, BATCH, WIDTH)
    going = before_end(STEPS, LENGTHS)
    out = layer(x, memory, tgt_mask=causal_mask(STEPS),
                tgt_key_padding_mask=padding_mask(STEPS, LENGTHS),
                memory_key_padding_mask=padding_mask(SOURCE_STEPS, SOURCE_LENGTHS))
    (out * going * wave(29, STEPS, BATCH, WIDTH)).sum().backward()
    return dict(out=flat(out * going), d_x=flat(x.grad), d_memory=flat(memory.grad),
                gradients={**attention_gradients(layer.self_attn, "self_attention"),
                           **attention_gradients(layer.multihead_attn, "cross_attention"),
                           **pair_gradients(layer.linear1, "feed_forward.inner"),
                           **pair_gradients(layer.linear2, "feed_forward.outer"),
                           **pair_gradients(layer.norm1, "norm1", "gain"),
                           **pair_gradients(layer.norm2, "norm2", "gain"),
                           **pair_gradients(layer.norm3, "norm3", "gain")})


def cross_entropy(smoothing):
    vocabulary, targets = 11, [3, 0, 6, 1, 0, 3, 10]  # 0 is padding
    hidden = leaf(1, len(targets), HIDDEN)
    weight, bias = leaf(2, vocabulary, HIDDEN), leaf(3, vocabulary)
    logits = hidden @ weight.T + bias
    target = torch.tensor(targets)
    loss = nn.functional.cross_entropy(logits, target, ignore_index=0, reduction="sum",
                                       label_smoothing=smoothing)
    loss.backward()
    nll = nn.functional.cross_entropy(logits, target, ignore_index=0, reduction="none")
    return dict(loss=flat(loss), nll=flat(nll), d_hidden=flat(hidden.grad),
                d_weight=flat(weight.grad), d_bias=flat(bias.grad))


CELLS = ("rnn", "lstm", "gru")


def main():
    json.dump(
        {
            "recurrent": {kind: {"forward": recurrent(kind, False),
                                 "backward": recurrent(kind, True)} for kind in CELLS},
            "additive_attention": {kind: additive_attention_decoder(kind) for kind in CELLS},
            "layer_norm": layer_norm(),
            "activations": activations(),
            "attention": attention(),
            "encoder_layer": {"pre": encoder_layer(True, "relu"),
                              "post": encoder_layer(False, "gelu")},
            "decoder_layer": {"pre": decoder_layer(True, "gelu"),
                              "post": decoder_layer(False, "relu")},
            "cross_entropy": {"plain": cross_entropy(0.0), "smoothed": cross_entropy(0.1)},
        },
        sys.stdout, indent=None, separators=(",", ":"))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
