"""Work in threads, in a pool of threads and in a pool of processes, all in the run that started it.

Start a server with `runreel up`, then run `python examples/threads_and_executors.py`. `init(threads=True)` is all
that it takes; without it `runreel.bind(function)` does the same for one function.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from threading import Thread

import runreel

runreel.init(agent="prime_counter", threads=True)


@runreel.tool
def count_primes(start: int, stop: int) -> int:
    return sum(all(number % divisor for divisor in range(2, int(number**0.5) + 1)) for number in range(start, stop))


@runreel.tool
def report(n_primes: int) -> None:
    print(n_primes, "primes")


@runreel.agent("prime_counter")
def count_up_to(limit: int) -> int:
    half = limit // 2
    with ThreadPoolExecutor(max_workers=2) as threads:
        parts = [threads.submit(count_primes, 2, half // 2), threads.submit(count_primes, half // 2, half)]
    # Not by a fork, which is unsafe in a program that has threads.
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as processes:
        parts.append(processes.submit(count_primes, half, limit))
        total = sum(part.result() for part in parts)
    thread = Thread(target=report, args=(total,))
    thread.start()
    thread.join()
    return total


if __name__ == "__main__":
    count_up_to(20_000)
