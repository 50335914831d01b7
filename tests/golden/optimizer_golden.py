#!/usr/bin/env python3
"""Makes optimizer.tsv: parameters after each step of PyTorch's optimizers (needs PyTorch).

Values and gradients follow formulas, so that the test computes the same inputs.
"""

import math

import torch

SIZE = 21
STEPS = 5

CASES = {
    "adam": (torch.optim.Adam, dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8), 0.0),
    "adam_decay": (torch.optim.Adam, dict(lr=0.02, betas=(0.8, 0.98), eps=1e-6, weight_decay=0.1), 0.0),
    "adam_clip": (torch.optim.Adam, dict(lr=0.01, betas=(0.9, 0.98), eps=1e-3), 0.5),
    "adamw": (torch.optim.AdamW, dict(lr=0.01, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.2), 0.0),
    "sgd": (torch.optim.SGD, dict(lr=0.1), 0.0),
    "sgd_momentum": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.05), 0.0),
    "sgd_clip": (torch.optim.SGD, dict(lr=0.1, momentum=0.5), 1.0),
}


def main():
    print("case\tstep\tgradient_norm\tvalues")
    for name, (optimizer_class, options, clip) in CASES.items():
        values = torch.tensor([0.5 * math.sin(i + 1) for i in range(SIZE)], requires_grad=True)
        optimizer = optimizer_class([values], **options)
        for step in range(1, STEPS + 1):
            gradient = [math.cos(0.7 * i + step) * 10.0 ** (i % 5 - 3) for i in range(SIZE)]
            values.grad = torch.tensor(gradient)
            norm = float(values.grad.double().norm())
            if clip > 0:
                torch.nn.utils.clip_grad_norm_([values], clip)
            optimizer.step()
            numbers = " ".join(f"{v:.9g}" for v in values.tolist())
            print(f"{name}\t{step}\t{norm:.9g}\t{numbers}")


if __name__ == "__main__":
    main()
