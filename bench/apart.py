"""Runs a measurement in a fresh process, so that one row's memory, caches and threads do not touch the next one's figures."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def apart(
    function: Callable[Parameters, Answer], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Answer:
    """Return what a function of a module returns, having run it in a process of its own that ends with it.

    Arguments and answer travel by pickle. What the function raises is raised here.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
        return processes.submit(function, *args, **kwargs).result()
