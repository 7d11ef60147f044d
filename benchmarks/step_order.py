"""Does a step read every weight before it updates it? Looked up in the graph that TensorFlow runs.

    python benchmarks/step_order.py [--only 06 08]

Each recipe makes one step (a growing one, one at the start of each stage), compiled without XLA.
TensorFlow orders reads and updates of a variable by edges of the graph, and its graph optimizer may
drop some that it takes for needless. Where no path is left between a read and an update, a busy
machine may make the update first, and the gradient is then another one: seldom, and unseen. Prints
how many such pairs there are; the status is 0 if there is none.
"""

import argparse
import os
from collections import defaultdict

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tensorflow.python.eager import context  # noqa: E402  (public ways show unoptimized graphs)

from ganbook import load_data  # noqa: E402
from ganbook.recipes import RECIPES, VARIANTS, recipe_of  # noqa: E402

STEPS = 280  # the planned length of runs that have a plan
NAMES = sorted([*RECIPES, *(f"{n}-{variant}" for n, ways in VARIANTS.items() for variant in ways)])
UPDATES = ("AssignSubVariableOp", "AssignAddVariableOp", "AssignVariableOp")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=NAMES)
    bad = 0
    for name in parser.parse_args().only:
        recipe = recipe_of(*name.split("-"))
        data = load_data(recipe.data, size=recipe.size)
        gan = recipe.gan(0, "float32", STEPS)
        gan.compile(jit_compile=False)
        stream = data.stream(recipe.batch_size, gan.discriminator_steps, gan.steps_per_call)
        for step in gan.schedule.starts if hasattr(gan, "schedule") else [0]:
            gan._step.assign(step)
            pairs, reads, updates = of_a_step(gan, iter(stream))
            print(
                f"{name} at step {step}: {reads} reads, {updates} updates, {len(pairs)} pairs "
                f"without an order{': ' if pairs else ''}{pairs[0] if pairs else ''}",
                flush=True,
            )
            bad += len(pairs)
    return int(bool(bad))


def of_a_step(gan, iterator):
    """Make one call, and return the pairs without an order, how many reads, how many updates."""
    context.context().enable_run_metadata()
    try:
        gan.make_train_function(force=True)
        gan.train_function(iterator)
        graphs = context.context().export_run_metadata().function_graphs
    finally:
        context.context().disable_run_metadata()
    # The first graph is that of the call; what it does not take apart, it calls as a whole.
    found = [_of_graph(part.post_optimization_graph) for part in graphs]
    pairs = [pair for one in found for pair in one[0]]
    return pairs, sum(one[1] for one in found), sum(one[2] for one in found)


def _of_graph(graph):
    nodes = {node.name: node for node in graph.node}
    reached = _reached(graph)
    reads, updates = defaultdict(list), defaultdict(list)
    for node in graph.node:
        if node.op == "ReadVariableOp":
            reads[_variable(node, nodes)].append(node.name)
        if node.op in UPDATES:
            updates[_variable(node, nodes)].append(node.name)
    pairs = [
        (other, update)
        for variable, all_of_them in updates.items()
        for update in all_of_them
        for other in (*reads[variable], *(name for name in all_of_them if name < update))
        if update not in reached(other) and other not in reached(update)
    ]
    return pairs, sum(map(len, reads.values())), sum(map(len, updates.values()))


def _reached(graph):
    """Return a function that says which nodes come after one, in the same turn of a loop."""
    after = defaultdict(set)
    for node in graph.node:
        if node.op != "NextIteration":
            for source in node.input:
                after[source.lstrip("^").split(":")[0]].add(node.name)
    known = {}

    def reached(name):
        if name not in known:
            found, left = set(), [name]
            while left:
                new = after[left.pop()] - found
                found |= new
                left += new
            known[name] = found
        return known[name]

    return reached


def _variable(node, nodes):
    """Return the name of the argument that brings a read's or an update's variable."""
    name = node.input[0].split(":")[0]
    while nodes[name].op in ("Identity", "Enter"):
        name = nodes[name].input[0].split(":")[0]
    return name


if __name__ == "__main__":
    raise SystemExit(main())
