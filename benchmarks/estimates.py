"""Estimated time of each lesson's training, beside the time that it then takes.

    python benchmarks/estimates.py [--lessons 02 05 08] [--preset quick] [--rounds 3]
                                   [--precisions float32 mixed_bfloat16]

For each round a new process estimates as a lesson's setup does, then trains the whole run of the
preset with no checkpoints and no pictures, and estimates once more: a machine that does other
things beside it changes its speed between the two. Dense networks are always trained in float32.

Prints estimate, training, their ratio (the geometric mean of both estimates by the training; 1 is
right) and how long the first estimate itself took; then the medians as one JSON object on the last
line.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
import time


def measure(lesson, preset, policy) -> dict:
    """Return the seconds of two estimates, of the first one's making, and of the training."""
    from ganbook import load_data, timing
    from ganbook.recipes import recipe_of

    recipe = recipe_of(lesson)
    data, steps = load_data(recipe.data, size=recipe.size), recipe.steps[preset]
    start = time.perf_counter()
    before = timing.seconds_of(recipe, data, policy, steps)
    made_in = time.perf_counter() - start
    gan = recipe.gan(precision=policy, steps=steps)
    batches = data.stream(recipe.batch_size, gan.discriminator_steps, gan.steps_per_call)
    start = time.perf_counter()
    gan.fit(batches, steps_per_epoch=steps // gan.steps_per_call, verbose=0)
    training = time.perf_counter() - start
    after = timing.seconds_of(recipe, data, policy, steps)
    return {"before": before, "after": after, "training": training, "made_in": made_in}


def measure_apart(*what) -> dict:
    """Return what `measure` returns in a process of its own, where nothing is compiled yet."""
    code = f"import json, estimates; print(json.dumps(estimates.measure(*{what!r})))"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {sys.path[0]!r}); {code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def row_of(found) -> dict:
    """Return the medians of several rounds."""
    ratios = [math.sqrt(one["before"] * one["after"]) / one["training"] for one in found]
    medians = {k: statistics.median(one[k] for one in found) for k in ("training", "made_in")}
    return {
        "estimate": statistics.median(one["before"] for one in found),
        **medians,
        "ratio": statistics.median(ratios),
        "ratios": [round(ratio, 2) for ratio in sorted(ratios)],
    }


def main():
    from ganbook.hardware import description
    from ganbook.recipes import PRESETS, RECIPES

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lessons", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--preset", choices=PRESETS, default="quick")
    parser.add_argument("--precisions", nargs="+", default=["float32", "mixed_bfloat16"])
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    cases = [
        (lesson, chosen.preset, policy)
        for lesson in chosen.lessons
        for policy in (chosen.precisions if RECIPES[lesson].convolutions else ["float32"])
    ]
    found = {case: [] for case in cases}
    for _ in range(chosen.rounds):
        for case, rounds in found.items():
            rounds.append(measure_apart(*case))
    content = {"machine": description(), "preset": chosen.preset}
    for (lesson, _, policy), rounds in found.items():
        row = row_of(rounds)
        print(
            f"{lesson} {policy:15} estimate {row['estimate']:6.1f} s, training "
            f"{row['training']:6.1f} s, ratio {row['ratio']:.2f} of {row['ratios']}, "
            f"made in {row['made_in']:4.1f} s"
        )
        content[f"{lesson} {policy}"] = {k: row[k] for k in row if k != "ratios"}
    print(json.dumps(content))


if __name__ == "__main__":
    main()
