"""Keeps what training does to the process inside a block: seeds, threads, default dtype, determinism, signals, logs."""

import logging
import os
import random
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch

from hemdata.shield import settings

_CUBLAS = "CUBLAS_WORKSPACE_CONFIG"


@contextmanager
def isolated(seed: int, threads: int = 1) -> Iterator[None]:
    """A block that starts from this seed on this many threads, in silence, and leaves no global state changed.

    The networks' libraries and Lightning set generators, dtypes, flags, signal handlers and environment variables
    for the whole process; here all of them are put back at the end, also after an error.
    """
    with ExitStack() as undo:
        undo.callback(random.setstate, random.getstate())
        undo.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002  # the libraries use the old one
        undo.enter_context(torch.random.fork_rng())
        undo.callback(torch.set_default_dtype, torch.get_default_dtype())
        undo.callback(torch.set_grad_enabled, torch.is_grad_enabled())
        undo.callback(torch.set_num_threads, torch.get_num_threads())
        undo.callback(torch.set_float32_matmul_precision, torch.get_float32_matmul_precision())
        undo.callback(_set_deterministic, *_deterministic())
        for flag in ("benchmark", "deterministic"):
            undo.callback(setattr, torch.backends.cudnn, flag, getattr(torch.backends.cudnn, flag))
        undo.callback(_set_variable, _CUBLAS, os.environ.get(_CUBLAS))
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                handler = signal.getsignal(number)
                if handler is not None:
                    undo.callback(signal.signal, number, handler)
        for name in ("lightning.pytorch", "lightning.fabric", "pytorch_lightning"):
            undo.callback(logging.getLogger(name).setLevel, logging.getLogger(name).level)
            logging.getLogger(name).setLevel(logging.ERROR)
        undo.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", module=r"(lightning|pytorch_lightning|torch)\b")

        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        # a user's own settings, as of a notebook, would make other weights of the same seed
        torch.set_default_dtype(torch.float32)
        torch.set_float32_matmul_precision("highest")
        if torch.get_default_device().type != "cpu":
            undo.enter_context(torch.device("cpu"))
        for name, value in settings(os.environ).items():
            undo.callback(_set_variable, name, value)
            del os.environ[name]
        yield


def _deterministic() -> tuple[bool, bool]:
    """Whether algorithms must be deterministic, and whether a warning is enough."""
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _set_deterministic(mode: bool, warn_only: bool) -> None:
    """Set it where it is otherwise: torch imports its compiler to do so, which takes a second."""
    if (mode, warn_only) != _deterministic():
        torch.use_deterministic_algorithms(mode, warn_only=warn_only)


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
