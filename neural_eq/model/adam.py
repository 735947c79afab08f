"""Adam in one call a step.

torch's own optimiser does the same arithmetic, bit for bit, but its first use imports a compiler
that nobody here asks for, for a second and a half of every training.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch.optim.adam import adam


class Adam:
    """What Adam remembers of each weight: mean gradient, mean square, and steps.

    Source:
        D. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    """

    def __init__(self, weights: Iterable[torch.Tensor]):
        self.weights = list(weights)
        self._memory = {
            "exp_avg": [torch.zeros_like(weight) for weight in self.weights],
            "exp_avg_sq": [torch.zeros_like(weight) for weight in self.weights],
            "step": [torch.zeros((), device=weight.device) for weight in self.weights],
        }

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move every weight along its gradient at a learning rate, and forget the gradients."""
        gradients = [weight.grad for weight in self.weights if weight.grad is not None]
        assert len(gradients) == len(self.weights), "every weight has a part in the loss"
        adam(
            self.weights,
            gradients,
            self._memory["exp_avg"],
            self._memory["exp_avg_sq"],
            [],
            self._memory["step"],
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )
        for weight in self.weights:
            weight.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Copy what is remembered, laid out as torch's Adam does it."""
        rows = range(len(self.weights))
        return {"state": {n: {k: v[n].clone() for k, v in self._memory.items()} for n in rows}}

    def load_state_dict(self, content: Mapping[str, Any]) -> None:
        """Take up what this or torch's own Adam remembered."""
        for name, values in self._memory.items():
            for number, value in enumerate(values):
                value.copy_(content["state"][number][name])
