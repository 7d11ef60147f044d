"""The moving picture at the top of lesson 00: its standard run, frame by frame.

    python scripts/lesson00_film.py

Trains the recipe of lesson 00 from scratch, standard preset, in half a minute on 2 cores, and
writes notebooks/figures/00_film.gif.
"""

from pathlib import Path

from ganbook import plots, randomness
from ganbook.callbacks import Film
from ganbook.data import load_data
from ganbook.recipes import recipe_of

FIGURE = Path(__file__).parent.parent / "notebooks" / "figures" / "00_film.gif"


def main():
    recipe, data = recipe_of("00"), load_data("ring")
    gan, steps = recipe.gan(), recipe.steps["standard"]
    latents = randomness.normal((400, 2), randomness.key(0, 0, "film"))

    def look(gan):
        return gan.generator(latents).numpy(), plots.surface(gan.discriminator)

    film = Film(look, every=50)
    batches = data.stream(recipe.batch_size, steps_per_call=gan.steps_per_call, seed=0)
    calls = steps // gan.steps_per_call
    gan.fit(batches, steps_per_epoch=calls, verbose=0, callbacks=[film])
    # Half of the frames show the first tenth of the training, where most happens.
    shown = [step for step in film.frames if step <= 1000 or step % 500 == 0]
    scenes = ({f"step {step:,}": film.frames[step]} for step in shown)
    figures = [plots.scenes(scene, data.centers) for scene in scenes]
    path = plots.save_gif(figures, FIGURE)
    print(f"{len(figures)} frames, {path.stat().st_size:,} bytes: {path}")


if __name__ == "__main__":
    main()
