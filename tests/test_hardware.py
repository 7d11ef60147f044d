"""What a machine is called, and which precision its convolutions take."""

import keras
import pytest
import tensorflow as tf

from ganbook import hardware, lesson, recipes
from ganbook.data import load_data
from ganbook.errors import SettingError

CPU_INFO = "processor\t: 0\nmodel name\t: Some CPU 9000\nflags\t\t: fpu avx2 {}\n\n"


@pytest.fixture
def cpu(monkeypatch, tmp_path):
    """Return a function that makes the machine one with these processor flags."""

    def become(*flags):
        path = tmp_path / "cpuinfo"
        path.write_text(2 * CPU_INFO.format(" ".join(flags)))
        monkeypatch.setattr(hardware, "Path", lambda _: path)

    return become


@pytest.mark.parametrize(
    "flags, has", [((), False), (("avx512_bf16",), True), (("amx_tile", "amx_bf16"), True)]
)
def test_bfloat16_is_found_in_the_processors_flags(cpu, flags, has):
    cpu(*flags)
    assert hardware.has_bfloat16() is has
    assert hardware.precision() == ("mixed_bfloat16" if has else "float32")
    assert hardware.precision("float32") == "float32"
    assert hardware.processor() == "Some CPU 9000"
    assert "Some CPU 9000" in hardware.description()


@pytest.mark.parametrize(
    "capabilities, policy",
    [
        ([(8, 0)], "mixed_bfloat16"),
        ([(7, 5)], "float32"),
        ([(9, 0), (7, 0)], "float32"),  # the weakest one decides
        ([None], "float32"),
    ],
)
def test_a_gpus_own_ability_decides_whatever_the_processor_can(
    cpu, monkeypatch, capabilities, policy
):
    cpu(*(["avx512_bf16"] if policy == "float32" else []))
    details = [{"compute_capability": one} if one else {} for one in capabilities]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: range(len(details)))
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda i: details[i])
    assert hardware.precision() == policy


def test_without_linux_there_is_still_a_name(monkeypatch, tmp_path):
    monkeypatch.setattr(hardware, "Path", lambda _: tmp_path / "nothing")
    assert hardware.has_bfloat16() is False
    assert hardware.processor()


def test_another_precision_is_refused():
    with pytest.raises(SettingError, match="'float16'; choose one of float32, mixed_bfloat16"):
        hardware.precision("float16")


def test_a_recipe_is_built_in_its_precision_and_leaves_the_policy_alone(cpu):
    cpu("avx512_bf16")
    convolutional, dense = recipes.recipe_of("02"), recipes.recipe_of("01")
    assert convolutional.precision() == "mixed_bfloat16" and dense.precision() == "float32"
    for precision in ("float32", "mixed_bfloat16"):
        gan = convolutional.gan(precision=precision)
        assert gan.generator.layers[0].dtype_policy.name == precision
        assert gan.generator.weights[0].dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


def test_a_lesson_says_its_precision_and_takes_another(cpu, monkeypatch, capsys):
    cpu("avx512_bf16")
    monkeypatch.setattr(lesson, "load_data", lambda name, size: load_data("ring"))
    before = keras.config.dtype_policy()
    try:
        for asked, policy in ((None, "mixed_bfloat16"), ("float32", "float32")):
            lesson.start_lesson("02", precision=asked)
            assert keras.config.dtype_policy().name == policy
            assert f"Precision   {policy}" in capsys.readouterr().out
        lesson.start_lesson("01")
        assert keras.config.dtype_policy().name == "float32"
        assert "Precision" not in capsys.readouterr().out
    finally:
        keras.config.set_dtype_policy(before)
