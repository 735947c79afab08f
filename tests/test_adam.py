"""Our Adam is torch's, bit for bit, and takes up what torch's remembered."""

import subprocess
import sys

import torch

from neural_eq.model.adam import Adam


def pair(seed: int) -> tuple[torch.nn.Linear, torch.nn.Linear]:
    torch.manual_seed(seed)
    one, other = torch.nn.Linear(7, 5), torch.nn.Linear(7, 5)
    other.load_state_dict(one.state_dict())
    return one, other


def backward(module: torch.nn.Linear, number: int) -> None:
    x = torch.randn(9, 7, generator=torch.Generator().manual_seed(number))
    module(x).square().mean().backward()


def same(one: torch.nn.Linear, other: torch.nn.Linear) -> bool:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_it_is_torchs_adam_bit_for_bit_and_goes_on_from_it() -> None:
    ours, theirs = pair(0)
    adam, reference = Adam(ours.parameters()), torch.optim.Adam(theirs.parameters(), fused=True)
    for number in range(30):
        rate = 0.01 / (1 + number)
        reference.param_groups[0]["lr"] = rate
        for module in (ours, theirs):
            backward(module, number)
        adam.step(rate)
        reference.step()
        reference.zero_grad()
        assert same(ours, theirs)
        if number == 10:  # a checkpoint of torch's, and then one of ours
            fresh = Adam(ours.parameters())
            fresh.load_state_dict(reference.state_dict())
            adam = Adam(ours.parameters())
            adam.load_state_dict(fresh.state_dict())


def test_a_training_imports_no_compiler() -> None:
    script = (
        "import sys; from neural_eq.data.demo import built_in_dataset;"
        "from neural_eq.model.config import TrainConfig;"
        "from neural_eq.model.training import train;"
        "train(built_in_dataset(), TrainConfig(epochs=1, device='cpu'));"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
