"""The models of `seqlab bench` in PyTorch, as fast as PyTorch runs them on processors.

D is the width of embeddings and hidden layers, V the vocabulary of each side, T positions, B
sentences. All sequences are time-major, [T, B, ...], which nn.RNN and nn.LSTM like best. Every
model has a source and a target embedding and an output layer that is the target embedding with a
bias of its own. It offers

    features(source, target)   [T*B, D]: what the output layer reads, for teacher forcing
    greedy(source, steps)      [steps, B]: the words that greedy search finds, with cached states

    rnn, lstm    the last encoder state starts the decoder and is an input of its every step
    bahdanau     bidirectional GRU, additive attention before the step, GRU, deep output
    transformer  pre-norm, 3 + 3 layers, 4 heads, feed-forward 4D, sinusoidal positions
"""
import math
from typing import Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

START = 1  # the word that starts a sentence
HEADS = 4
LAYERS = 3


class OutputLoss(torch.autograd.Function):
    """Output layer and mean label-smoothed cross-entropy in one function.

    The gradient of the logits is p - (1 - e) onehot - e/V for smoothing e. Only p is a [N, V]
    matrix; the constant e/V goes into the small products behind it, and so does 1/N.
    """

    @staticmethod
    def forward(ctx, h: Tensor, weight: Tensor, bias: Tensor, target: Tensor, smoothing: float):
        rows, words = h.size(0), weight.size(0)
        log_p = torch.log_softmax(torch.addmm(bias, h, weight.t()), 1)
        places = target.unsqueeze(1)
        loss = -(1 - smoothing) * log_p.gather(1, places).mean() - smoothing * log_p.mean()
        p = log_p.exp_()
        p.scatter_add_(1, places, torch.full((rows, 1), smoothing - 1.0))
        ctx.save_for_backward(p, h, weight)
        ctx.constant = smoothing / words
        return loss

    @staticmethod
    def backward(ctx, scale: Tensor):
        g, h, weight = ctx.saved_tensors
        scale = scale / h.size(0)
        grad_h = torch.mm(g, weight).sub_(weight.sum(0), alpha=ctx.constant).mul_(scale)
        grad_weight = torch.mm(g.t(), h).sub_(h.sum(0), alpha=ctx.constant).mul_(scale)
        grad_bias = g.sum(0).sub_(ctx.constant * h.size(0)).mul_(scale)
        return grad_h, grad_weight, grad_bias, None, None


class Translator(nn.Module):
    """What all models share: the embeddings, the output layer, the loss."""

    def __init__(self, width: int, words: int):
        super().__init__()
        self.width = width
        self.source_embedding = nn.Embedding(words, width)
        self.target_embedding = nn.Embedding(words, width)
        for table in (self.source_embedding, self.target_embedding):
            nn.init.normal_(table.weight, std=width**-0.5)
        self.output_bias = nn.Parameter(torch.zeros(words))

    def loss(self, source: Tensor, target_in: Tensor, target: Tensor, fused: bool) -> Tensor:
        h = self.features(source, target_in)
        if fused:
            weight = self.target_embedding.weight
            return OutputLoss.apply(h, weight, self.output_bias, target, 0.1)
        return F.cross_entropy(self.logits(h), target, label_smoothing=0.1)

    def logits(self, h: Tensor) -> Tensor:
        return F.linear(h, self.target_embedding.weight, self.output_bias)

    def best_words(self, h: Tensor) -> Tensor:
        return self.logits(h).argmax(1)


class FixedContext(Translator):
    """Encoder and decoder share nothing but one state (Cho 2014)."""

    def __init__(self, layer, width: int, words: int):
        super().__init__(width, words)
        self.encoder = layer(width, width)
        self.decoder = layer(2 * width, width)

    def encode(self, source: Tensor):
        _, state = self.encoder(self.source_embedding(source))
        context = state[0] if isinstance(state, tuple) else state  # [1, B, D]
        return state, context

    def features(self, source: Tensor, target: Tensor) -> Tensor:
        state, context = self.encode(source)
        words = self.target_embedding(target)
        h, _ = self.decoder(torch.cat([words, context.expand_as(words)], 2), state)
        return h.view(-1, self.width)

    def greedy(self, source: Tensor, steps: int) -> Tensor:
        state, context = self.encode(source)
        words = torch.full((source.size(1),), START)
        found = []
        for _ in range(steps):
            x = torch.cat([self.target_embedding(words), context[0]], 1)
            h, state = self.decoder(x.unsqueeze(0), state)
            words = self.best_words(h[0])
            found.append(words)
        return torch.stack(found)


@torch.jit.script
def attention_step(s: Tensor, gates: Tensor, keys: Tensor, memory: Tensor, w_state: Tensor,
                   b_state: Tensor, w_context: Tensor, v: Tensor) -> Tuple[Tensor, Tensor]:
    """Attends with the state before the step, then one GRU step.

    s [B, D]; gates [B, 3D], the word's share of them; keys [B, T, D]; memory [B, T, 2D];
    w_state [D, D + 3D], query and gates in one product. Returns the new state and the context.
    """
    d = s.size(1)
    from_state = torch.addmm(b_state, s, w_state)
    query, hidden = from_state[:, :d], from_state[:, d:]
    scores = torch.matmul(torch.tanh(keys + query.unsqueeze(1)), v)  # [B, T]
    context = torch.bmm(torch.softmax(scores, 1).unsqueeze(1), memory).squeeze(1)
    gates = torch.addmm(gates, context, w_context)
    r, z = torch.sigmoid(gates[:, :2 * d] + hidden[:, :2 * d]).chunk(2, 1)
    candidate = torch.tanh(torch.addcmul(gates[:, 2 * d:], r, hidden[:, 2 * d:]))
    return torch.lerp(candidate, s, z), context


@torch.jit.script
def attention_loop(gates: Tensor, s: Tensor, keys: Tensor, memory: Tensor, w_state: Tensor,
                   b_state: Tensor, w_context: Tensor, v: Tensor) -> Tuple[Tensor, Tensor]:
    """gates [T, B, 3D] of all words -> states [T, B, D], contexts [T, B, 2D]"""
    states = []
    contexts = []
    for step in gates.unbind(0):
        s, context = attention_step(s, step, keys, memory, w_state, b_state, w_context, v)
        states.append(s)
        contexts.append(context)
    return torch.stack(states), torch.stack(contexts)


class Bahdanau(Translator):
    """Bahdanau 2014 with a GRU."""

    def __init__(self, width: int, words: int):
        super().__init__(width, words)
        d = width
        self.encoder = nn.GRU(d, d, bidirectional=True)
        self.bridge = nn.Linear(d, d)
        self.key = nn.Linear(2 * d, d)
        self.word_gates = nn.Linear(d, 3 * d)
        self.readout = nn.Linear(4 * d, d)
        self.w_state, self.b_state = self.uniform(d, 4 * d), self.uniform(4 * d)
        self.w_context, self.v = self.uniform(2 * d, 3 * d), self.uniform(d)

    def uniform(self, *shape: int) -> nn.Parameter:
        bound = self.width**-0.5
        return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

    def encode(self, source: Tensor):
        memory, _ = self.encoder(self.source_embedding(source))  # [T, B, 2D]
        keys = self.key(memory)
        s = torch.tanh(self.bridge(memory[0, :, self.width:]))  # the backward state
        fixed = (keys.transpose(0, 1).contiguous(), memory.transpose(0, 1).contiguous(),
                 self.w_state, self.b_state, self.w_context, self.v)
        return s, fixed

    def read_out(self, s: Tensor, words: Tensor, context: Tensor) -> Tensor:
        h = torch.tanh(self.readout(torch.cat([s, words, context], -1)))
        return h.view(-1, self.width)

    def features(self, source: Tensor, target: Tensor) -> Tensor:
        s, fixed = self.encode(source)
        words = self.target_embedding(target)
        states, contexts = attention_loop(self.word_gates(words), s, *fixed)
        return self.read_out(states, words, contexts)

    def greedy(self, source: Tensor, steps: int) -> Tensor:
        s, fixed = self.encode(source)
        words = torch.full((source.size(1),), START)
        found = []
        for _ in range(steps):
            x = self.target_embedding(words)
            s, context = attention_step(s, self.word_gates(x), *fixed)
            words = self.best_words(self.read_out(s, x, context))
            found.append(words)
        return torch.stack(found)


class Transformer(Translator):
    """Vaswani 2017, with layer norm before each sub-layer."""

    def __init__(self, width: int, words: int, longest: int):
        super().__init__(width, words)
        self.net = nn.Transformer(width, HEADS, LAYERS, LAYERS, 4 * width, dropout=0.0,
                                  norm_first=True)
        rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
        angle = torch.arange(longest).unsqueeze(1) * rate
        positions = torch.stack([angle.sin(), angle.cos()], 2).view(longest, 1, width)
        self.register_buffer("positions", positions)
        self.register_buffer("causal", torch.full((longest, longest), -math.inf).triu(1))

    def embed(self, table: nn.Embedding, words: Tensor, first: int = 0) -> Tensor:
        here = self.positions[first:first + words.size(0)]
        return torch.add(here, table(words), alpha=math.sqrt(self.width))

    def features(self, source: Tensor, target: Tensor) -> Tensor:
        steps = target.size(0)
        h = self.net(self.embed(self.source_embedding, source),
                     self.embed(self.target_embedding, target),
                     tgt_mask=self.causal[:steps, :steps])
        return h.view(-1, self.width)

    def greedy(self, source: Tensor, steps: int) -> Tensor:
        """Runs the decoder on one position at a time and keeps keys and values."""
        memory = self.net.encoder(self.embed(self.source_embedding, source))
        batch, d = source.size(1), self.width
        head = d // HEADS

        def by_head(x: Tensor) -> Tensor:  # [T, B, D] -> [B, heads, T, D / heads]
            return x.view(-1, batch, HEADS, head).permute(1, 2, 0, 3)

        def attend(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:  # query [B, D]
            query = query.reshape(batch, HEADS, head, 1)
            weights = torch.softmax(torch.matmul(keys, query) * head**-0.5, 2)
            return torch.matmul(weights.transpose(2, 3), values).view(batch, d)

        layers = self.net.decoder.layers
        crosses, caches = [], []
        for layer in layers:
            cross = layer.multihead_attn
            both = F.linear(memory, cross.in_proj_weight[d:], cross.in_proj_bias[d:])
            crosses.append([by_head(x).contiguous() for x in both.split(d, 2)])
            caches.append(torch.empty(2, batch, HEADS, steps, head))

        words = torch.full((batch,), START)
        found = []
        for t in range(steps):
            x = self.embed(self.target_embedding, words.unsqueeze(0), t)[0]
            for layer, (keys, values), cache in zip(layers, crosses, caches):
                own, cross = layer.self_attn, layer.multihead_attn
                query, key, value = F.linear(layer.norm1(x), own.in_proj_weight,
                                             own.in_proj_bias).split(d, 1)
                cache[0, :, :, t] = key.reshape(batch, HEADS, head)
                cache[1, :, :, t] = value.reshape(batch, HEADS, head)
                seen = cache[:, :, :, :t + 1]
                x = x + own.out_proj(attend(query, seen[0], seen[1]))
                query = F.linear(layer.norm2(x), cross.in_proj_weight[:d], cross.in_proj_bias[:d])
                x = x + cross.out_proj(attend(query, keys, values))
                x = x + layer.linear2(F.relu(layer.linear1(layer.norm3(x))))
            words = self.best_words(self.net.decoder.norm(x))
            found.append(words)
        return torch.stack(found)


def make_model(name: str, width: int, words: int, longest: int) -> Translator:
    makers = {
        "rnn": lambda: FixedContext(nn.RNN, width, words),
        "lstm": lambda: FixedContext(nn.LSTM, width, words),
        "bahdanau": lambda: Bahdanau(width, words),
        "transformer": lambda: Transformer(width, words, longest),
    }
    return makers[name]()
