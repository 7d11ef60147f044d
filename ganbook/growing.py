"""Progressive growing: which stage is trained when, how far it has faded in, and the training.

Everything follows from the number of images shown so far: the stage, the fade, the size of the real
images. So a run that was cut off in the middle of a fade goes on there.
"""

import contextlib
from dataclasses import asdict, dataclass

import keras
import numpy as np
import tensorflow as tf

from ganbook import description, players, value_range
from ganbook.description import Described
from ganbook.errors import SettingError
from ganbook.gan import GAN
from ganbook.models.progressive import SMALLEST, blend, shrink, stages_of, upsample
from ganbook.settings import whole


@keras.saving.register_keras_serializable("ganbook")
@dataclass(frozen=True)
class Schedule(Described):
    """How many images are shown in each phase of each stage.

    Stage 0 has one phase, every further stage two: the fade, in which it comes in, and the stable
    phase after it. Images are counted as the discriminator sees real ones.

    Args:
        resolution: of the last stage, 4 * 2^n.
        fade_images: images shown while a stage fades in, for all stages or one number for each
            stage but the first; 0 switches a stage on at once.
        stable_images: images shown after that, for all stages or one number for each.
        batch_size: real images of one adversarial step; phases must be multiples of it.
        first: the resolution at which the training begins; with ``resolution`` nothing grows.

    Raises:
        SettingError: a resolution is not 4 * 2^n, a number of images is no multiple of the batch
            size, or the schedule ends before its last stage.

    Source: Karras et al., 2018 (arXiv:1710.10196), section 2 and appendix A.
    """

    resolution: int
    fade_images: int | tuple
    stable_images: int | tuple
    batch_size: int
    first: int = SMALLEST

    def __post_init__(self):
        whole(self.batch_size, "batch_size")
        if not stages_of(self.first) <= stages_of(self.resolution):
            raise SettingError(
                f"first is {self.first}; it must be at most the resolution, {self.resolution}."
            )
        count = len(self.stages)
        fades = self._spread(self.fade_images, "fade_images", count - 1)
        stable = self._spread(self.stable_images, "stable_images", count)
        if stable[-1] + (fades[-1] if fades else 0) == 0:
            raise SettingError(
                f"the schedule ends before its last stage: no image is shown at {self.resolution} "
                f"x {self.resolution}; give stable_images above 0."
            )
        # Frozen, but these are what the arguments mean.
        object.__setattr__(self, "fade_images", fades)
        object.__setattr__(self, "stable_images", stable)

    def get_config(self):
        return asdict(self)

    def _spread(self, images, name, count):
        """Return one number for each stage, checked."""
        values = (images,) * count if np.ndim(images) == 0 else tuple(images)
        if len(values) < count:
            raise SettingError(
                f"the schedule ends before its last stage: {name} has {len(values)} numbers, and "
                f"{count} are needed to reach {self.resolution} x {self.resolution}."
            )
        if len(values) > count:
            raise SettingError(f"{name} has {len(values)} numbers; {count} are needed.")
        for value in values:
            if whole(value, name, at_least=0) % self.batch_size:
                raise SettingError(
                    f"{name} is {value}, which is no multiple of the batch size, {self.batch_size}."
                )
        return values

    @classmethod
    def shared(cls, resolution, steps, batch_size, last=2):
        """Return a schedule of so many adversarial steps, shared out among all phases.

        All phases are equally long, up to rounding, but the last one, which is ``last`` times as
        long. Raises SettingError if there are too few steps for every phase to have one.
        """
        stages = stages_of(resolution)
        phases = 2 * stages - 1
        each = steps // (phases - 1 + last)
        if each < 1:
            raise SettingError(
                f"{steps} steps are too few: the schedule would end before its last stage; "
                f"{phases - 1 + last} or more reach {resolution} x {resolution}."
            )
        left = (steps - (phases - 1) * each) * batch_size
        stable = (*(stages - 1) * (each * batch_size,), left)
        return cls(resolution, each * batch_size, stable, batch_size)

    @property
    def stages(self) -> range:
        """The stages that are trained, as the networks count them."""
        return range(stages_of(self.first) - 1, stages_of(self.resolution))

    @property
    def starts(self) -> list[int]:
        """The step with which each stage begins."""
        shown = np.add(self.stable_images, (0, *self.fade_images))
        return [0, *np.cumsum(shown[:-1] // self.batch_size).tolist()]

    @property
    def steps(self) -> int:
        """The length of the whole schedule in adversarial steps."""
        return (sum(self.fade_images) + sum(self.stable_images)) // self.batch_size

    def stage_at(self, step) -> int:
        """Return the stage of adversarial step ``step`` (from 0); after the end, the last one."""
        return self.stages[int(np.searchsorted(self.starts, step, side="right")) - 1]

    def fade_at(self, step, stage):
        """Return the fade of a stage at a step: float32, as a number or a tensor like ``step``.

        It grows by the same amount with each step, from 0 at the stage's first one, and is 1 from
        the first step on that comes after the fade.
        """
        place = self.stages.index(stage)
        if place == 0 or not self.fade_images[place - 1]:
            return 1.0
        steps = self.fade_images[place - 1] // self.batch_size
        made = tf.cast(step - self.starts[place], tf.float32)
        return tf.clip_by_value(made / steps, 0.0, 1.0)

    def resolution_at(self, step) -> int:
        """Return the height and width of the images of a step."""
        return SMALLEST * 2 ** self.stage_at(step)


def faded(images, stage, fade):
    """Return images as a stage sees them: shrunk to its size, and blended with a coarser copy.

    Args:
        images: float32 (N, H, W, C), at least of the stage's size, which is 4 * 2^stage.
        stage: from 0.
        fade: from 0, all images made of blocks of 2 x 2 alike, to 1, images as they are.
    """
    while images.shape[1] > SMALLEST * 2**stage:
        images = shrink(images)
    if stage == 0 or (isinstance(fade, float) and fade == 1.0):
        return images
    return blend(upsample(shrink(images)), images, fade)


@keras.saving.register_keras_serializable("ganbook")
class GrowingGAN(GAN):
    """A `GAN` whose networks grow by a `Schedule` while ``fit`` runs.

    Args:
        generator, discriminator: a `GrowingGenerator` and a `GrowingDiscriminator` whose last stage
            is the schedule's.
        schedule: which stage is trained when.
        **settings: as `GAN` takes them; steps_per_call is 1.

    The stream holds images of the last stage's size: they are shrunk and faded inside the step. At
    each new stage both optimizers begin anew, and so does the average of the generator's weights:
    its slow decay would keep a new layer's random start alive for thousands of steps. ``sample``
    returns images of the present stage's size, clipped to [-1, 1]; `GrowingGenerator.grown` exports
    the generator.

    Raises:
        SettingError: the networks do not have the schedule's resolution.
    """

    def __init__(self, generator, discriminator, schedule, loss="wasserstein", **settings):
        for name, model in (("generator", generator), ("discriminator", discriminator)):
            if getattr(model, "resolution", None) != schedule.resolution:
                raise SettingError(
                    f"the {name} grows to {getattr(model, 'resolution', 'nothing')}, the schedule "
                    f"to {schedule.resolution}; the two must be equal."
                )
        if settings.get("steps_per_call", 1) != 1:
            raise SettingError("a growing GAN makes one step a call: leave steps_per_call at 1.")
        super().__init__(generator, discriminator, loss, **settings)
        self.schedule = schedule

    @property
    def stage(self) -> int:
        """The stage of the next step."""
        return self.schedule.stage_at(self.step)

    @property
    def fade(self) -> float:
        """How far that stage has come in."""
        return float(self.schedule.fade_at(self.step, self.stage))

    @property
    def value_range(self):
        return value_range.TANH  # its outputs are linear, and clipped to this

    def get_config(self):
        return {**super().get_config(), "schedule": description.of_part(self.schedule)}

    def description(self):
        return {**super().description(), "schedule": description.of_part(self.schedule)}

    def progress(self) -> str:
        size = self.schedule.resolution_at(self.step)
        return f"{size} x {size}, fade {self.fade:.2f}"

    def make_train_function(self, force=False):
        """Give each stage a compiled function of its own, and choose it before each call."""
        functions = {}

        def step_of_its_stage(iterator):
            self._stage_of_trace = stage = self.stage
            if stage not in functions:
                GAN.make_train_function(self, force=True)
                functions[stage] = self.train_function
                self.train_function = step_of_its_stage
            if self.step in self.schedule.starts[1:]:
                self._forget_moments()
            return functions[stage](iterator)

        if self.train_function is None or force:
            self.train_function = step_of_its_stage
        return self.train_function

    def make_test_function(self, force=False):
        """Do the same for what ``evaluate`` calls."""
        functions = {}

        def test_of_its_stage(iterator):
            self._stage_of_trace = stage = self.stage
            if stage not in functions:
                GAN.make_test_function(self, force=True)
                functions[stage] = self.test_function
                self.test_function = test_of_its_stage
            return functions[stage](iterator)

        if self.test_function is None or force:
            self.test_function = test_of_its_stage
        return self.test_function

    def _forget_moments(self):
        """Set both optimizers back: their memory is of other weights."""
        for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
            for variable in players.unscaled(optimizer).variables:
                if variable.name != "learning_rate":
                    variable.assign(tf.zeros_like(variable.value))

    def _adversarial_step(self, images, step):
        with self._showing(step):
            return super()._adversarial_step(images, step)

    def test_step(self, data):
        with self._showing(self._step.value()):
            return super().test_step(data)

    def _showing(self, step):
        """Have both networks work as they do in a step of the stage that is traced."""
        stage = self._stage_of_trace
        fade = self.schedule.fade_at(step, stage)
        return showing(stage, fade, self.generator, self.discriminator)

    def _as_judged(self, images):
        judge = self.discriminator
        return faded(super()._as_judged(images), judge.stage, judge.fade)

    def _age_of_average(self, step):
        return step - self.schedule.starts[self.schedule.stages.index(self._stage_of_trace)]

    def sampling_generator(self):
        """Return the generator that `sample` uses, at the present stage and fade."""
        generator = super().sampling_generator()
        generator.stage, generator.fade = self.stage, self.fade
        return generator

    def sample(self, count, seed=0) -> np.ndarray:
        return np.clip(super().sample(count, seed), -1.0, 1.0)


@contextlib.contextmanager
def showing(stage, fade, *models):
    """Have growing networks work at a stage and a fade; afterwards they are as they were."""
    before = [(model.stage, model.fade) for model in models]
    try:
        for model in models:
            model.stage, model.fade = stage, fade
        yield
    finally:
        for model, (stage, fade) in zip(models, before, strict=True):
            model.stage, model.fade = stage, fade
