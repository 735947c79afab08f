"""The same curves in torch, float32 being enough, with gradients to the parameters.

The gradient is written out: autograd's own, through forty small steps, takes three times as
long, and it is where a training spends its time.
"""

from __future__ import annotations

import functools
from typing import Any

import torch

from neural_eq.eq.params import BANDS, LOG_COLUMNS, N_PARAMS, SHELF_Q
from neural_eq.eq.response import ALPHA_PER_DB, DB_PER_NEPER, EXPONENTS, REFERENCE_SAMPLE_RATE

_PEAKS, _SHELVES = slice(1, 4), slice(0, 5, 4)
_ORDER = torch.tensor(
    [*(b.gain for b in BANDS), *(b.freq for b in BANDS), *(b.q for b in BANDS if b.q is not None)]
)
_IS_LOG = torch.zeros(N_PARAMS, dtype=torch.bool).index_fill(0, torch.tensor(LOG_COLUMNS), True)


@functools.cache
def _constants(dtype: torch.dtype, device: torch.device) -> tuple[torch.Tensor, ...]:
    """The columns' order and back, ``d ln p`` and ``d ln m`` of 1 dB ``(5,)``, the sides' signs."""
    per_db = torch.tensor(ALPHA_PER_DB * EXPONENTS[:2], dtype=dtype, device=device)
    sides = torch.tensor([[1.0], [-1.0]], dtype=dtype, device=device)
    return _ORDER.to(device), _ORDER.argsort().to(device), per_db[0], per_db[1], sides


def response_db_torch(
    params: torch.Tensor, freq_hz: torch.Tensor, *, sample_rate: float = REFERENCE_SAMPLE_RATE
) -> torch.Tensor:
    """Do as :func:`neural_eq.eq.response.response_db`, with first gradients to the parameters.

    Args:
        params: Shape ``(batch, 13)``, in dB, Hz and Q, any float type.
        freq_hz: Shape ``(n_freqs,)``, below Nyquist, same type and device.

    Returns:
        In dB, shape ``(batch, n_freqs)``.
    """
    is_log = _IS_LOG.to(params.device)
    logs = torch.where(is_log, torch.where(is_log, params, 1.0).log(), params)
    return response_of_logs_db(logs, freq_hz, sample_rate=sample_rate)


def response_of_logs_db(
    logs: torch.Tensor, freq_hz: torch.Tensor, *, sample_rate: float = REFERENCE_SAMPLE_RATE
) -> torch.Tensor:
    """Do as :func:`response_db_torch` for dB, ln Hz and ln Q, shape ``(batch, 13)``."""
    return _Response.apply(logs, freq_hz, sample_rate)


class _Response(torch.autograd.Function):
    """Both quadratics of every band at once: side 0 above the line, side 1 below it."""

    @staticmethod
    def forward(ctx: Any, logs: torch.Tensor, freq_hz: torch.Tensor, sample_rate: float):
        order, _, p_per_db, m_per_db, sides = _constants(logs.dtype, logs.device)
        ordered = logs.index_select(1, order)
        band_hz = ordered[:, 5:10].exp()
        audible = band_hz < sample_rate / 2
        # a stand-in below Nyquist keeps the flat bands finite, and so their gradients
        half_w0 = torch.where(audible, band_hz, 0.25 * sample_rate) * (torch.pi / sample_rate)
        gain_db = ordered[:, :5] * audible
        sided_db = gain_db[:, None] * sides  # (batch, 2, 5)
        p, m = (sided_db * p_per_db).exp(), (sided_db * m_per_db).exp()
        m[:, :, _PEAKS] *= (-2 * ordered[:, None, 10:]).exp()
        m[:, :, _SHELVES] *= SHELF_Q**-2
        tan2 = (torch.pi / sample_rate * freq_hz).tan().square()
        x = tan2 / half_w0.tan().square()[:, None, :, None]  # (batch, 1, 5, n_freqs)
        # (p - X)^2 and not its expansion: nothing cancels where X is near p
        off, middle = p[..., None] - x, m[..., None] * x
        quadratic = torch.addcmul(middle, off, off)  # (batch, 2, 5, n_freqs)
        if logs.requires_grad:
            ctx.save_for_backward(half_w0, audible, p, x, off, middle, quadratic)
        ratio = quadratic[:, 0] / quadratic[:, 1]
        power = ratio[:, 0]
        for band in range(1, ratio.shape[1]):
            power = power * ratio[:, band]
        # G of the high shelf is its gain; the other bands have none
        return torch.add(gain_db[:, 4:], power.log10(), alpha=10)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor):
        half_w0, audible, p, x, off, middle, quadratic = ctx.saved_tensors
        _, order_back, p_per_db, m_per_db, sides = _constants(p.dtype, p.device)
        weight = (DB_PER_NEPER * gradient)[:, None, None] / quadratic  # (batch, 2, 5, n_freqs)
        of_p = off * weight
        of_m = (middle * weight).sum(dim=3)  # (batch, 2, 5)
        of_gain_db = 2 * p_per_db * (p * of_p.sum(dim=3)).sum(dim=1) + m_per_db * of_m.sum(dim=1)
        of_gain_db[:, 4] += gradient.sum(dim=1)
        of_log_x = ((of_m - 2 * (x * of_p).sum(dim=3)) * sides).sum(dim=1)
        # X falls with the centre: d ln tan^2(w0/2) / d ln w0 = 2 w0 / sin w0
        w0 = 2 * half_w0
        of_log_hz = of_log_x * audible * (-2 * w0 / w0.sin())
        of_log_q = 2 * (of_m[:, 1] - of_m[:, 0])[:, _PEAKS]
        ordered = torch.cat([of_gain_db * audible, of_log_hz, of_log_q], dim=1)
        return ordered.index_select(1, order_back), None, None
