"""What a GAN is, as one dictionary: made by ``get_config``, and compared by a checkpoint.

Two things are left out of what Keras puts into a config, since they are not a part of what a model
is: names that Keras gave by itself (the second Dense layer of a session is "dense_1", whichever
network it belongs to), and what a callback has made of a learning rate meanwhile, which is state.
"""

import json
import re

import keras
import numpy as np

from ganbook.errors import SettingError

MOST = 8  # differences that are told one by one
# Beside "config" these say where Keras finds a class, or what it did with the model meanwhile.
ASIDE = ("module", "registered_name", "build_config", "compile_config")


class Described:
    """What is described by a dictionary of its arguments, as Keras's layers and losses are."""

    def get_config(self) -> dict:
        """Return the arguments that make an equal object (JSON-ready)."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Return an object with these arguments."""
        return cls(**config)


def of_network(network, name) -> dict:
    """Return the description of a network; ``name`` takes the place of one that Keras gave it."""
    config = _serialized(network, f"the {name}")
    for part in ("build_config", "compile_config"):
        config.pop(part, None)
    given = config["config"].get("name")
    config = without_automatic_names(config)
    if _is_automatic(given, config["class_name"]):
        config["config"]["name"] = name
    return config


def of_optimizer(optimizer) -> dict:
    """Return the description of an optimizer, its rate as it was given."""
    config = without_automatic_names(_serialized(optimizer, "an optimizer"))
    for part in _parts(config):
        rate = part.get("learning_rate")
        if isinstance(rate, float):  # a float32 that was made a float: 2e-4 is 0.000199999995
            part["learning_rate"] = float(str(np.float32(rate)))
    return config


def of_part(part):
    """Return the description of a loss or a penalty, None for none.

    Raises:
        SettingError: it has no ``get_config``.
    """
    return None if part is None else _serialized(part, f"the {type(part).__name__} of this GAN")


def or_what_is_known(describe, part, *name):
    """Return a part's description, or what can be told of one that has no ``get_config``."""
    try:
        return describe(part, *name)
    except SettingError:
        kind = type(part)
        told = {key: value for key, value in vars(part).items() if _is_plain(key, value)}
        return {"class_name": f"{kind.__module__}.{kind.__qualname__}", "config": told}


def _is_plain(key, value):
    kinds = (bool, int, float, str, type(None))
    return not key.startswith("_") and key != "name" and isinstance(value, kinds)


def _serialized(part, what):
    try:
        # Through JSON and back, so that it equals what is read from a file.
        return json.loads(json.dumps(keras.saving.serialize_keras_object(part)))
    except (AttributeError, NotImplementedError, TypeError, ValueError) as error:
        raise SettingError(
            f"{what} cannot be described: {type(part).__name__} has no get_config() that Keras can "
            "use. Give it one that returns its arguments, and register the class by "
            "@keras.saving.register_keras_serializable()."
        ) from error


def _parts(config):
    """Yield the config of an optimizer, and of those that it wraps."""
    while isinstance(config, dict) and isinstance(config.get("config"), dict):
        yield config["config"]
        config = config["config"].get("inner_optimizer")


def _is_automatic(name, class_name) -> bool:
    """Say whether Keras named an object of this class by itself: "dense" or "dense_7"."""
    # As Keras makes them: Conv2DTranspose is "conv2d_transpose".
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    snake = re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
    return isinstance(name, str) and re.fullmatch(rf"{snake}(_\d+)?", name) is not None


def _stem(name):
    return re.sub(r"_\d+$", "", name)


def without_automatic_names(config):
    """Return a serialized object whose automatic names are counted anew, by where they stand.

    The first Dense layer of each model is "dense", its second "dense_1". Names that somebody gave
    stay, and so do all others.
    """
    if isinstance(config, list):
        return [without_automatic_names(part) for part in config]
    if not isinstance(config, dict):
        return config
    config = {key: without_automatic_names(value) for key, value in config.items()}
    inner = config.get("config")
    if "class_name" in config and isinstance(inner, dict):
        if isinstance(inner.get("layers"), list):
            config["config"] = _renamed_layers(inner)
        if _is_automatic(inner.get("name"), config["class_name"]):
            config["config"] = {**config["config"], "name": _stem(inner["name"])}
    return config


def _renamed_layers(model):
    """Return the config of a Sequential or Functional model with its layers named anew."""
    layers = [layer for layer in model["layers"] if isinstance(layer.get("config"), dict)]
    # The names as they were: those of the layers themselves have lost their numbers already.
    olds = [layer.get("name") or layer["config"].get("name") for layer in layers]
    automatic = [
        _is_automatic(old, layer["class_name"]) for old, layer in zip(olds, layers, strict=True)
    ]
    taken = {old for old, own in zip(olds, automatic, strict=True) if not own}
    names, renamed = {}, []
    for layer, old, own in zip(layers, olds, automatic, strict=True):
        new = _free(_stem(old), taken) if own else old
        taken.add(new)
        names[old] = new
        renamed.append({**layer, "config": {**layer["config"], "name": new}})
    for layer in renamed:
        if "name" in layer:
            layer["name"] = layer["config"]["name"]
        if "inbound_nodes" in layer:
            layer["inbound_nodes"] = _pointing(layer["inbound_nodes"], names)
    model = {**model, "layers": renamed}
    for ends in ("input_layers", "output_layers"):
        if ends in model:
            model[ends] = _ends(model[ends], names)
    return model


def _free(stem, taken):
    """Return the first of "dense", "dense_1", ... that is not taken."""
    number, name = 0, stem
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name


def _pointing(node, names):
    """Return what a layer of a Functional model is called with, by the new names."""
    if isinstance(node, list):
        return [_pointing(part, names) for part in node]
    if not isinstance(node, dict):
        return node
    if "keras_history" in node:
        layer, *place = node["keras_history"]
        return {**node, "keras_history": [names.get(layer, layer), *place]}
    return {key: _pointing(value, names) for key, value in node.items()}


def _ends(ends, names):
    """Return the inputs or outputs of a Functional model, [name, node, tensor] each."""
    if isinstance(ends, list):
        return [_ends(part, names) for part in ends]
    if isinstance(ends, dict):
        return {key: _ends(value, names) for key, value in ends.items()}
    return names.get(ends, ends) if isinstance(ends, str) else ends


def differences(there, here, lenient=False) -> list[str]:
    """Return one phrase for each setting in which two descriptions differ: "seed is 0, here 1".

    What one of them lacks and the other has as None or False is no difference. With ``lenient``,
    nothing that one of them lacks is: each version of Keras has settings of its own.
    """
    flat = [_flattened(description) for description in (there, here)]
    names = [*flat[1], *(name for name in flat[0] if name not in flat[1])]
    found = {}
    for name in names:
        lacks = not all(name in one for one in flat)
        # Of another loss, its arguments tell nothing more.
        told = any(name.startswith(f"{other}.") for other in found)
        if not (told or (lenient and lacks) or _same(*(one.get(name) for one in flat))):
            found[name] = f"{name} is {_said(flat[0], name)}, here {_said(flat[1], name)}"
    return list(found.values())


def told(phrases) -> str:
    """Return differences as one line, the first ones in full."""
    more = len(phrases) - MOST
    return "; ".join(phrases[:MOST]) + (f"; and {more} more" if more > 0 else "")


def _same(a, b):
    return a == b or (a in (None, False) and b in (None, False))


def _said(flat, name):
    value = flat.get(name)
    return "missing" if name not in flat else repr(value) if isinstance(value, str) else str(value)


def _flattened(value, name=""):
    """Return {"generator.layers.1.units": 128, ...}; what a class is called stands under its name.

    Where Keras looks for a class, and what it built, are no settings.
    """
    if isinstance(value, dict) and "class_name" in value:
        class_name, config = value["class_name"], value.get("config")
        rest = {k: v for k, v in value.items() if k not in (*ASIDE, "class_name", "config", "name")}
        inner = {**config, **rest} if isinstance(config, dict) else {"config": config, **rest}
        return {name: class_name, **_flattened(inner, name)}
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list) and value:
        pairs = enumerate(value)
    else:
        return {name: value}
    flat = {}
    for key, part in pairs:
        flat |= _flattened(part, f"{name}.{key}" if name else str(key))
    return flat
