#!/usr/bin/env python3
"""What PyTorch and XLA take for the kit's workloads and models.

peers.py peer-layers|peer-models WORKLOADS JOURNAL SECONDS

Each line of JOURNAL is {"item": ..., "state": "started"|"done", "row": {"name", "system", "microseconds", "problem"}}, as our
own steps write it; an item that is done is not done again, one that was only started is left out, since it ended a process.
Timing is that of our kernels: many runs in one CUDA graph, rotating among more sets of buffers than the level-2 cache holds,
after more memory was written than that cache holds, the median of several launches; models run with warm caches. Where something cannot be captured, runs one after another, and the remarks say so.

peers.py statistics RATIO... prints what ratios come to, as GroupSummary does.
"""
import json
import math
import os
import sys
import time

EXIT_SKIPPED = 3
GRAPH_SECONDS = 1.5e-3
FEWEST_RUNS, MOST_RUNS, LAUNCHES, MOST_SETS = 4, 96, 7, 96
MOST_BYTES = 6 << 30
FLUSHED_CACHES = 4
# max-autotune compiles and times tens of kernels a layer: only some layers, spread over all, have the time for it.
COMPILED_LAYERS = 6


def statistics(ratios):
    """Count, geometric mean, tenth percentile, best, worst, and the share below 1."""
    ordered = sorted(ratios)
    at = 0.1 * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return {
        "count": len(ordered),
        "geometricMean": math.exp(sum(math.log(r) for r in ordered) / len(ordered)),
        "tenthPercentile": ordered[below] + (at - below) * (ordered[above] - ordered[below]),
        "best": ordered[-1],
        "worst": ordered[0],
        "lost": sum(1 for r in ordered if r < 1) / len(ordered),
    }


class Journal:
    def __init__(self, path):
        self.path, self.started, self.done = path, set(), set()
        if os.path.exists(path):
            with open(path) as lines:
                for line in lines:
                    try:
                        entry = json.loads(line)
                    except ValueError:
                        continue  # the process ended while it wrote this line
                    (self.done if "row" in entry else self.started).add(entry["item"])

    def open_for(self, item):
        return item not in self.done and item not in self.started

    def write(self, entry):
        with open(self.path, "a") as out:
            out.write(json.dumps(entry) + "\n")

    def measure(self, name, system, work):
        """Writes what work() gives: microseconds and a remark; or why it failed."""
        item = name + " | " + system
        if not self.open_for(item):
            return
        self.write({"item": item, "state": "started"})
        microseconds, problem = 0.0, ""
        try:
            microseconds, problem = work()
        except Exception as failure:  # whatever a peer does not support is its empty cell
            problem = (type(failure).__name__ + ": " + str(failure)).splitlines()[0][:200]
        if not math.isfinite(microseconds):
            microseconds, problem = 0.0, "no finite time"
        row = {"name": name, "system": system, "microseconds": microseconds, "problem": problem}
        self.write({"item": item, "state": "done", "row": row})
        self.done.add(item)


class Timer:
    """Times what is enqueued; flush_bytes are written before each sample, so that it begins with cold caches."""

    def __init__(self, torch, flush_bytes=0):
        self.torch = torch
        self.flush = torch.empty(flush_bytes, dtype=torch.uint8, device="cuda") if flush_bytes else None
        self.start = torch.cuda.Event(enable_timing=True)
        self.end = torch.cuda.Event(enable_timing=True)

    def between(self, work):
        if self.flush is not None:
            self.flush.zero_()
        self.start.record()
        work()
        self.end.record()
        self.end.synchronize()
        return self.start.elapsed_time(self.end) * 1e-3

    def microseconds(self, run):
        """The median time of run(i), and a remark."""
        torch = self.torch
        for i in range(3):
            run(i)
        torch.cuda.synchronize()
        once = min(self.between(lambda: run(i)) for i in range(3))
        runs = int(max(FEWEST_RUNS, min(MOST_RUNS, GRAPH_SECONDS / max(once, 1e-7))))
        remark = ""
        try:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                kept = [run(i) for i in range(runs)]
            replay = graph.replay
        except Exception:
            torch.cuda.synchronize()
            remark = "without a graph: launch gaps count"
            replay = lambda: [run(i) for i in range(runs)]
        replay()
        torch.cuda.synchronize()
        times = sorted(self.between(replay) / runs for _ in range(LAUNCHES))
        return times[len(times) // 2] * 1e6, remark


def set_mode(torch, mode):
    """What the mode allows, and the type of elements."""
    short = mode == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = short
    torch.backends.cudnn.allow_tf32 = short
    return {"fp16": torch.float16, "bf16": torch.bfloat16}.get(mode, torch.float32)


def layers(torch, workloads, journal, deadline):
    import torch.nn.functional as functional

    torch.backends.cudnn.benchmark = True
    cache = getattr(torch.cuda.get_device_properties(0), "L2_cache_size", 64 << 20)
    timer = Timer(torch, FLUSHED_CACHES * cache)

    def sets_of(workload, dtype, channels_last):
        generator = torch.Generator(device="cuda").manual_seed(1)
        bytes_of_one = sum(math.prod(extents) for extents in workload["inputs"]) * dtype.itemsize
        count = max(1, min(MOST_SETS, 2 * cache // max(1, bytes_of_one) + 1, MOST_BYTES // max(1, bytes_of_one)))
        sets = []
        for _ in range(count):
            tensors = [torch.rand(e, generator=generator, device="cuda").sub_(0.5).to(dtype) for e in workload["inputs"]]
            if channels_last:
                tensors = [t.to(memory_format=torch.channels_last) for t in tensors]
            sets.append(tensors)
        return sets

    def function_of(workload):
        if workload["kind"] == "product":
            return torch.matmul
        s0, s1, p0, p1, d0, d1, groups = workload["parameters"]
        return lambda x, w: functional.conv2d(x, w, None, (s0, s1), (p0, p1), (d0, d1), groups)

    def timed(workload, channels_last, function):
        def work():
            with torch.no_grad():
                sets = sets_of(workload, set_mode(torch, workload["mode"]), channels_last)
                return timer.microseconds(lambda i: function(*sets[i % len(sets)]))

        return work

    wanted = [w for w in workloads if w["kind"] in ("convolution", "product")]
    # A layer of each mode and batch in turn: when time is up, what is there is spread over all.
    groups = {}
    for workload in wanted:
        groups.setdefault((workload["kind"], workload["mode"], workload["name"].split("batch ")[-1]), []).append(workload)
    turns = [w for i in range(max(map(len, groups.values()))) for g in groups.values() if i < len(g) for w in [g[i]]]
    compiled_from = deadline - 0.4 * (deadline - time.monotonic())
    for workload in turns:
        if time.monotonic() > compiled_from:
            break
        journal.measure(workload["name"], "PyTorch", timed(workload, False, function_of(workload)))
        if workload["kind"] == "convolution":
            journal.measure(workload["name"], "PyTorch channels_last", timed(workload, True, function_of(workload)))
    chosen = [w for w in wanted if w["kind"] == "convolution" and w["mode"] == "fp16" and "batch 1 " in w["name"]]
    step = max(1, len(chosen) // COMPILED_LAYERS)
    for workload in chosen[::step][:COMPILED_LAYERS]:
        if time.monotonic() > deadline - 10:
            break
        import torch._dynamo

        torch._dynamo.reset()
        compiled = torch.compile(function_of(workload), mode="max-autotune-no-cudagraphs", dynamic=False)
        journal.measure(workload["name"], "torch.compile", timed(workload, True, compiled))


def models(torch, journal, deadline):
    torch.backends.cudnn.benchmark = True
    timer = Timer(torch)

    def resnet():
        import torchvision

        return torchvision.models.resnet50(weights=None).eval().cuda(), lambda t: [torch.rand(1, 3, 224, 224, device="cuda").to(t)]

    def bert():
        import transformers

        configuration = transformers.BertConfig()
        network = transformers.BertModel(configuration, add_pooling_layer=False).eval().cuda()

        class Plain(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.network = network

            def forward(self, tokens):
                return self.network(input_ids=tokens).last_hidden_state

        return Plain(), lambda t: [torch.randint(0, configuration.vocab_size, (1, 128), device="cuda")]

    def wall(run):
        """Of one run after another, as a caller sees them: launch gaps count."""
        for _ in range(5):
            run()
        torch.cuda.synchronize()
        times = []
        for _ in range(30):
            begin = time.perf_counter()
            run()
            torch.cuda.synchronize()
            times.append(time.perf_counter() - begin)
        return sorted(times)[len(times) // 2] * 1e6

    def prepared(make, mode):
        dtype = set_mode(torch, mode)
        network, inputs_of = make()
        return network.to(dtype), inputs_of(dtype)

    every = [(n, m, mode) for mode in ("fp16", "tf32", "fp32") for n, m in
             (("resnet50 batch 1", resnet), ("bert-base 128 tokens", bert))]
    for name, make, mode in every:
        title = name + " " + mode
        if time.monotonic() > deadline - 5:
            return
        try:
            network, inputs = prepared(make, mode)
        except Exception as missing:
            reason = (type(missing).__name__ + ": " + str(missing))[:200]
            journal.measure(title, "PyTorch eager", lambda: (0.0, reason))
            continue
        with torch.no_grad():
            journal.measure(title, "PyTorch eager", lambda: (wall(lambda: network(*inputs)), ""))
            journal.measure(title, "PyTorch in a CUDA graph", lambda: timer.microseconds(lambda i: network(*inputs)))
            if name.startswith("resnet"):
                last = network.to(memory_format=torch.channels_last)
                images = [i.to(memory_format=torch.channels_last) for i in inputs]
                journal.measure(
                    title, "PyTorch channels_last in a CUDA graph", lambda: timer.microseconds(lambda i: last(*images)))
        torch.cuda.empty_cache()
    # Leaves PyTorch's compiler, which takes longest, a third of the time.
    xla(journal, deadline - (deadline - time.monotonic()) / 3)
    # Compiling takes long: last, the most wanted first.
    for name, make, mode in every:
        if time.monotonic() > deadline - 15:
            return
        try:
            import torch._dynamo

            network, inputs = prepared(make, mode)
            torch._dynamo.reset()
            compiled = torch.compile(network, mode="reduce-overhead", dynamic=False)
        except Exception:
            continue  # what is missing was said above
        with torch.no_grad():
            journal.measure(
                name + " " + mode, "torch.compile reduce-overhead", lambda: (wall(lambda: compiled(*inputs)), ""))


def xla_resnet50(jax, numpy, dtype):
    """ResNet-50 for inference, its normalisations folded into biases: a function of weights and image, and both."""
    weights = []
    random = jax.random.PRNGKey(1)

    def weight(*shape):
        deviation = math.prod(shape[:-1]) ** -0.5
        weights.append(jax.random.normal(jax.random.fold_in(random, len(weights)), shape, dtype) * deviation)

    plan = [(7, 3, 64, 2)]
    channels = 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        width = 64 << stage
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            plan += [(1, channels, width, 1), (3, width, width, stride), (1, width, 4 * width, 1)]
            if not block:
                plan.append((1, channels, 4 * width, stride))
            channels = 4 * width
    for window, before, after, _ in plan:
        weight(window, window, before, after)
        weights.append(numpy.zeros((after,), dtype))
    weight(channels, 1000)

    def forward(weights, x):
        at = 0

        def convolution(x):
            nonlocal at
            stride = plan[at][3]
            y = jax.lax.conv_general_dilated(
                x, weights[2 * at], (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            at += 1
            return y + weights[2 * at - 1]

        relu = jax.nn.relu
        x = relu(convolution(x))
        x = jax.lax.reduce_window(x, numpy.array(-numpy.inf, dtype), jax.lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
        for blocks in (3, 4, 6, 3):
            for block in range(blocks):
                y = convolution(relu(convolution(relu(convolution(x)))))
                x = relu(y + (x if block else convolution(x)))
        return x.mean((1, 2)) @ weights[-1]

    return forward, weights, numpy.ones((1, 224, 224, 3), dtype)


def xla_bert(jax, numpy, dtype):
    """BERT-base's encoder on 128 embedded tokens."""
    layers, tokens, hidden, heads = 12, 128, 768, 12
    random = jax.random.PRNGKey(1)
    shapes = [(hidden, 3 * hidden), (hidden, hidden), (hidden, 4 * hidden), (4 * hidden, hidden)]
    weights = [
        [jax.random.normal(jax.random.fold_in(random, 4 * l + i), s, dtype) * 0.02 for i, s in enumerate(shapes)]
        for l in range(layers)
    ]

    def normal(x):
        y = x.astype(numpy.float32)
        return ((y - y.mean(-1, keepdims=True)) * jax.lax.rsqrt(y.var(-1, keepdims=True) + 1e-12)).astype(x.dtype)

    def forward(weights, x):
        for qkv, out, up, down in weights:
            q, k, v = [t.reshape(tokens, heads, -1).swapaxes(0, 1) for t in numpy.split(x @ qkv, 3, -1)]
            scores = jax.nn.softmax(q @ k.swapaxes(1, 2) * (hidden // heads) ** -0.5, -1)
            x = normal(x + (scores @ v).swapaxes(0, 1).reshape(tokens, hidden) @ out)
            x = normal(x + jax.nn.gelu(x @ up, approximate=False) @ down)
        return x

    return forward, weights, jax.random.normal(random, (tokens, hidden), dtype)


def xla(journal, deadline):
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

    def timed(make, mode):
        def work():
            import jax
            import jax.numpy as numpy

            if jax.default_backend() != "gpu":
                return 0.0, "JAX sees no GPU"
            dtype = numpy.float16 if mode == "fp16" else numpy.float32
            with jax.default_matmul_precision("float32" if mode == "fp32" else "tensorfloat32"):
                forward, weights, x = make(jax, numpy, dtype)
                compiled = jax.jit(forward)
                for _ in range(5):
                    compiled(weights, x).block_until_ready()
                times = []
                for _ in range(30):
                    begin = time.perf_counter()
                    compiled(weights, x).block_until_ready()
                    times.append(time.perf_counter() - begin)
            return sorted(times)[len(times) // 2] * 1e6, "jax.jit, NHWC, weights and input on the device"

        return work

    for mode in ("fp16", "tf32", "fp32"):
        for name, make in (("resnet50 batch 1", xla_resnet50), ("bert-base 128 tokens", xla_bert)):
            if time.monotonic() < deadline - 10:
                journal.measure(name + " " + mode, "XLA", timed(make, mode))


def versions(torch, folder):
    """Writes what is measured beside us to peers.jsonl, once."""
    from importlib import metadata

    found = {"PyTorch": torch.__version__, "its CUDA": str(torch.version.cuda), "its cuDNN": str(torch.backends.cudnn.version())}
    for package in ("torchvision", "transformers", "triton", "jax"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    journal = Journal(os.path.join(folder, "peers.jsonl"))
    if journal.open_for("versions"):
        journal.write({"item": "versions", "state": "done", "row": {"versions": ", ".join(f"{k} {v}" for k, v in found.items())}})


def main(arguments):
    if arguments and arguments[0] == "statistics":
        print(json.dumps(statistics([float(a) for a in arguments[1:]])))
        return 0
    if len(arguments) != 4 or arguments[0] not in ("peer-layers", "peer-models"):
        print(__doc__)
        return 2
    step, workloads, journal, seconds = arguments
    deadline = time.monotonic() + float(seconds)
    try:
        import torch
    except ImportError as missing:
        print("no PyTorch for this python3: " + str(missing))
        return EXIT_SKIPPED
    if not torch.cuda.is_available():
        print("PyTorch " + torch.__version__ + " sees no CUDA device")
        return EXIT_SKIPPED
    print("PyTorch " + torch.__version__ + " on " + torch.cuda.get_device_name(0))
    versions(torch, os.path.dirname(os.path.abspath(journal)))
    with open(workloads) as file:
        listed = json.load(file)
    if step == "peer-layers":
        layers(torch, listed, Journal(journal), deadline)
    else:
        models(torch, Journal(journal), deadline)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
