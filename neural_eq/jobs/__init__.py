"""Trainings in the background: each run is a folder, trained by a process of its own.

A run's folder is the whole interface between those who watch and the process that trains:

- ``run.json``: the configuration and the state, written whole at every change;
- ``name.txt``: what the user calls it;
- ``data.npz``: the settings it learns from, with nothing personal;
- ``history.jsonl``: one line an epoch;
- ``views/``: how the words lay in the latent at some epochs;
- ``model.pt``: the last checkpoint, resumable;
- ``ask``: what the process is asked to do next, ``pause`` or ``stop``.
"""

from neural_eq.jobs.registry import TrainingJobs
from neural_eq.jobs.run_folder import DONE_STATES, LIVE_STATES, Run

__all__ = ["DONE_STATES", "LIVE_STATES", "Run", "TrainingJobs"]
