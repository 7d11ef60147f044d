"""Lesson 07's search for settings of the dense pair, and what folklore's settings give beside it.

    python scripts/lesson07_search.py [--trials 24] [--seeds 1 2 3] [--study build/07_search.db]

A trial is lesson 01's dense pair on the real MNIST, 6,000 steps of 64 images, measured every 1,500
steps: the Frechet distance of 2,000 samples of the averaged generator from 2,000 test images. A
trial that is worse than the median is cut short. The study is an SQLite file: kill the script at
any moment and start it again. All trials have seed 0; the best one and the settings that people
pass on are then trained anew, for each of --seeds. All of it goes into
ganbook/results/07_search.json; what is there is not trained again.
"""

import argparse
import json

import experiments
import keras

from ganbook import GAN, evaluation, search
from ganbook.files import write_json
from ganbook.losses import NonSaturating
from ganbook.models import vanilla
from ganbook.penalties import R1

BATCH_SIZE, STEPS_PER_CALL = 64, 50
CHECKS, STEPS = 4, 6_000
# What people pass on, as settings of this search.
FOLKLORE = {
    "lesson 01's recipe": {
        "generator_rate": 1e-4,
        "discriminator_rate": 1e-3,
        "beta_1": 0.9,
        "real_label": 0.9,
        "gamma": 0.0,
    },
    "the DCGAN paper's Adam": {
        "generator_rate": 2e-4,
        "discriminator_rate": 2e-4,
        "beta_1": 0.5,
        "real_label": 1.0,
        "gamma": 0.0,
    },
    "two time scales": {
        "generator_rate": 1e-4,
        "discriminator_rate": 4e-4,
        "beta_1": 0.0,
        "real_label": 1.0,
        "gamma": 0.0,
    },
    "lesson 01, by hand": {
        "generator_rate": 2e-3,
        "discriminator_rate": 2e-3,
        "beta_1": 0.5,
        "real_label": 0.9,
        "gamma": 0.0,
    },
}


def suggested(trial) -> dict:
    """Return the settings of a trial, as Optuna suggests them."""
    return {
        "generator_rate": trial.suggest_float("generator_rate", 1e-4, 2e-2, log=True),
        "discriminator_rate": trial.suggest_float("discriminator_rate", 1e-4, 2e-2, log=True),
        "beta_1": trial.suggest_float("beta_1", 0.0, 0.9),
        "real_label": trial.suggest_float("real_label", 0.7, 1.0),
        "gamma": trial.suggest_float("gamma", 1e-3, 10.0, log=True),
    }


def build_gan(settings, seed) -> GAN:
    """Return the untrained dense pair with these settings."""
    keras.utils.set_random_seed(seed)
    rates = settings["generator_rate"], settings["discriminator_rate"]
    return GAN(
        vanilla.build_generator(),
        vanilla.build_discriminator(),
        NonSaturating(real_label=settings["real_label"]),
        **experiments.adams(*rates, beta_1=settings["beta_1"]),
        penalty=R1(settings["gamma"]) if settings["gamma"] else None,
        average=0.999,
        steps_per_call=STEPS_PER_CALL,
        seed=seed,
    )


def part_of(data, judge, seed, steps):
    """Return a function that trains a GAN for so many more steps and gives its distance."""

    def part(gan):
        batches = data.stream(BATCH_SIZE, steps_per_call=STEPS_PER_CALL, seed=seed)
        gan.fit(batches, steps_per_epoch=steps // STEPS_PER_CALL, verbose=0)
        if gan.trouble:
            return float("nan")
        return judge.measure(gan.sample(judge.count))["frechet_distance"]

    return part


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--study", default="build/07_search.db", help="the SQLite file")
    chosen = parser.parse_args()
    data = experiments.real("mnist")
    judge = evaluation.Judge(data, evaluation.QUICK_SAMPLES)
    results = experiments.Results("07_search", "lesson07_search.py", data, key=("name", "seed"))

    def make(trial):
        settings = suggested(trial)
        print(trial.number, json.dumps(settings), flush=True)
        return build_gan(settings, seed=0)

    study = search.open_study(chosen.study)
    part = part_of(data, judge, 0, STEPS // CHECKS)
    trials = search.search(study, make, chosen.trials, CHECKS, part)
    best = min((t for t in trials if not t["pruned"]), key=lambda t: t["values"][-1])
    for seed in chosen.seeds:
        for name, settings in {"found": best["settings"], **FOLKLORE}.items():
            if results.has(name=name, seed=seed):
                continue
            distance = part_of(data, judge, seed, STEPS)(build_gan(settings, seed))
            row = {"name": name, "seed": seed, "settings": settings, "frechet_distance": distance}
            results.add(row)
            print(json.dumps(row), flush=True)
    whole = json.loads(results.path.read_text())
    write_json(results.path, {**whole, "steps": STEPS, "checks": CHECKS, "trials": trials})


if __name__ == "__main__":
    main()
