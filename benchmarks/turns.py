"""Timing several ways of training that take turns, so that a drifting machine slows all of them."""

import json
import statistics
import time


def take_turns(ways, rounds, warm_up) -> dict:
    """Return milliseconds a step: a list of ``rounds`` numbers for each way.

    Args:
        ways: name -> (a function that makes n steps, how many it makes in a turn).
        rounds: how many turns each way gets.
        warm_up: steps that each makes first, untimed: the step is compiled then.
    """
    for run, _ in ways.values():
        run(warm_up)
    times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (run, steps) in ways.items():
            start = time.perf_counter()
            run(steps)
            times[name].append(1000 * (time.perf_counter() - start) / steps)
    return times


def report(times, ours, **versions):
    """Print the medians, a line for each way, then everything as one JSON object on one line.

    ``ours`` names the way that the others are divided by: the median of the ratios within a round.
    """
    content = dict(versions)
    for name, values in times.items():
        ratios = [a / b for a, b in zip(values, times[ours], strict=True)]
        content[name] = {
            "ms_per_step": round(statistics.median(values), 3),
            f"times_slower_than_{ours}": round(statistics.median(ratios), 2),
        }
        print(f"{name:28} {content[name]['ms_per_step']:9.3f} ms a step")
    print(json.dumps(content))
