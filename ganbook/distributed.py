"""One training on several devices: what a replica does with its part of a batch.

Under a `tf.distribute.MirroredStrategy` every device holds a copy of the networks, called a
replica, and sees its share of each batch. The copies must stay alike, so what they do with it is
put together: gradients and new state are averaged, and noise that belongs to samples is drawn for
the whole batch, of which each replica takes its own rows. Then the update is the one that a single
device makes with the whole batch. Without a strategy there is one replica, and nothing changes.
"""

import tensorflow as tf


def replicas() -> int:
    """Return how many devices train together; 1 without a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def has_strategy() -> bool:
    """Say whether a strategy is in use, be it of one device: then a step cannot stand in a loop."""
    return tf.distribute.has_strategy()


def note(value, name) -> tf.Variable:
    """Return a variable that replicas can write to: one value for all of them.

    Numbers that differ are averaged; whole numbers are the same on each replica.
    """
    kinds = tf.VariableAggregation
    kind = kinds.MEAN if value.dtype.is_floating else kinds.ONLY_FIRST_REPLICA
    return tf.Variable(value, trainable=False, name=name, aggregation=kind)


def own_rows(draw, shape, seed):
    """Return this replica's rows of what is drawn for the samples of the whole batch.

    Args:
        draw: `randomness.normal` or `randomness.uniform`.
        shape: of this replica's part; the first axis runs over its samples, as many as each other
            replica has. Their count may be a tensor.
        seed: the key, as the function takes it.

    Outside of the replicas, be it in a strategy's scope, the part is the whole batch.
    """
    if replicas() == 1 or tf.distribute.in_cross_replica_context():
        return draw(shape, seed)
    everything = draw((replicas() * shape[0], *shape[1:]), seed)
    place = tf.distribute.get_replica_context().replica_id_in_sync_group
    return tf.gather(tf.reshape(everything, (replicas(), *shape)), place)


def share_of(gradients):
    """Return gradients whose sum over all replicas, which optimizers take, is the mean."""
    count = replicas()
    return gradients if count == 1 else [None if g is None else g / count for g in gradients]


def mean(gradients):
    """Return gradients averaged over all replicas; other gradients can be taken through it."""
    if replicas() == 1:
        return gradients
    context, average = tf.distribute.get_replica_context(), tf.distribute.ReduceOp.MEAN
    return [None if g is None else context.all_reduce(average, g) for g in gradients]


def assign(pairs):
    """Set variables to values: on each replica to the mean of what all replicas give.

    Args:
        pairs: (Keras variable, value), floating point both.
    """
    pairs = list(pairs)
    if replicas() == 1:
        for variable, value in pairs:
            variable.assign(value)
        return
    variables = [variable.value for variable, _ in pairs]

    def write(strategy, values):
        for variable, value in zip(variables, values, strict=True):
            all_of_them = strategy.extended.reduce_to(tf.distribute.ReduceOp.MEAN, value, variable)
            strategy.extended.update(variable, lambda own, new: own.assign(new), (all_of_them,))

    values = [tf.convert_to_tensor(value) for _, value in pairs]
    tf.distribute.get_replica_context().merge_call(write, args=(values,))
