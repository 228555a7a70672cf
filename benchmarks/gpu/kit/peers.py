#!/usr/bin/env python3
"""What PyTorch and XLA take for the kit's workloads and models.

peers.py peer-layers|peer-models WORKLOADS JOURNAL SECONDS

Each line of JOURNAL is {"item": ..., "state": "started"|"stopped"|"done", "row": {"name", "system", "microseconds", "problem"}},
as our own steps write it; an item that is done is not done again, one that was only started is left out, since it ended a
process; one that was stopped when its time was up is tried again. Exit codes: 0 when nothing is left, 3 when PyTorch or a
device is missing, 4 when time was up, 5 when the device refuses everything after a failure.
Layers are timed as our kernels are: many runs in one CUDA graph, rotating among more sets of buffers than the level-2 cache
holds, after more memory was written than that cache holds, the median of several launches. Models run one after another as
a caller sees them, each waited for, with warm caches. Where something cannot be captured, the remarks say so.

peers.py statistics RATIO... prints what ratios come to, as GroupSummary does.
"""
import json
import math
import os
import sys
import time

EXIT_SKIPPED = 3
EXIT_TIME = 4
EXIT_DAMAGED = 5
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
                    if entry.get("state") == "stopped":
                        self.started.discard(entry["item"])
                    else:
                        (self.done if "row" in entry else self.started).add(entry["item"])

    def open_for(self, item):
        return item not in self.done and item not in self.started

    def write(self, entry):
        with open(self.path, "a") as out:
            out.write(json.dumps(entry) + "\n")

    def measure(self, torch, name, system, work):
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
        if problem:
            try:
                torch.cuda.synchronize()
            except Exception as damaged:  # after a fault of a kernel this process can use the device no more
                print("the device refuses everything after " + item + ": " + str(damaged))
                sys.exit(EXIT_DAMAGED)


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

    def compiled_layer(workload):
        def work():
            import torch._dynamo

            torch._dynamo.reset()
            function = torch.compile(function_of(workload), mode="max-autotune-no-cudagraphs", dynamic=False)
            return timed(workload, True, function)()

        return work

    wanted = [w for w in workloads if w["kind"] in ("convolution", "product")]
    if not wanted:
        return True
    # A layer of each mode and batch in turn: when time is up, what is there is spread over all.
    groups = {}
    for workload in wanted:
        groups.setdefault((workload["kind"], workload["mode"], workload["name"].split("batch ")[-1]), []).append(workload)
    turns = [w for i in range(max(map(len, groups.values()))) for g in groups.values() if i < len(g) for w in [g[i]]]
    everything = True
    compiled_from = deadline - 0.4 * (deadline - time.monotonic())
    for workload in turns:
        if time.monotonic() > compiled_from:
            everything = False
            break
        journal.measure(torch, workload["name"], "PyTorch", timed(workload, False, function_of(workload)))
        if workload["kind"] == "convolution":
            journal.measure(torch, workload["name"], "PyTorch channels_last", timed(workload, True, function_of(workload)))
    chosen = [w for w in wanted if w["kind"] == "convolution" and w["mode"] == "fp16" and "batch 1 " in w["name"]]
    step = max(1, len(chosen) // COMPILED_LAYERS)
    for workload in chosen[::step][:COMPILED_LAYERS]:
        if time.monotonic() > deadline - 10:
            return False
        journal.measure(torch, workload["name"], "torch.compile", compiled_layer(workload))
    return everything


def resnet50(torch):
    """As torchvision has it, so that torchvision need not be there: 1x1, 3x3 (which has the stride), 1x1, normalised each."""
    nn = torch.nn

    def normalised(before, after, window, stride=1):
        convolution = nn.Conv2d(before, after, window, stride, window // 2, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(after))

    class Bottleneck(nn.Module):
        def __init__(self, before, width, stride):
            super().__init__()
            self.first = normalised(before, width, 1)
            self.second = normalised(width, width, 3, stride)
            self.third = normalised(width, 4 * width, 1)
            same = before == 4 * width and stride == 1
            self.shortcut = nn.Identity() if same else normalised(before, 4 * width, 1, stride)
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x):
            y = self.third(self.relu(self.second(self.relu(self.first(x)))))
            return self.relu(y + self.shortcut(x))

    layers = [normalised(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            layers.append(Bottleneck(channels, 64 << stage, 2 if stage and not block else 1))
            channels = 4 * (64 << stage)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))


def fold_normalisations(torch, network):
    """Into the convolutions before them, as whoever wants a fast network does it."""
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    pairs = [m for m in network.modules() if isinstance(m, torch.nn.Sequential) and len(m) == 2]
    for pair in pairs:
        if isinstance(pair[1], torch.nn.BatchNorm2d):
            pair[0] = fuse_conv_bn_eval(pair[0], pair[1])
            pair[1] = torch.nn.Identity()


def bert_base(torch, words=30522, tokens=128, hidden=768, heads=12, depth=12):
    """BERT-base as transformers has it, without its pooler and its mask: 128 tokens have no padding."""
    nn = torch.nn

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv = nn.Linear(hidden, 3 * hidden)
            self.out = nn.Linear(hidden, hidden)
            self.up = nn.Linear(hidden, 4 * hidden)
            self.down = nn.Linear(4 * hidden, hidden)
            self.after_attention = nn.LayerNorm(hidden, eps=1e-12)
            self.after_all = nn.LayerNorm(hidden, eps=1e-12)

        def forward(self, x):
            q, k, v = self.qkv(x).view(1, tokens, 3, heads, hidden // heads).permute(2, 0, 3, 1, 4).unbind(0)
            y = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(1, tokens, hidden)
            x = self.after_attention(x + self.out(y))
            return self.after_all(x + self.down(nn.functional.gelu(self.up(x))))

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(words, hidden)
            self.places = nn.Embedding(512, hidden)
            self.kinds = nn.Embedding(2, hidden)
            self.normal = nn.LayerNorm(hidden, eps=1e-12)
            self.layers = nn.Sequential(*[Layer() for _ in range(depth)])

        def forward(self, x):
            embedded = self.words(x) + self.places.weight[:tokens] + self.kinds.weight[0]
            return self.layers(self.normal(embedded))

    return Encoder()


def models(torch, journal, deadline):
    torch.backends.cudnn.benchmark = True

    def resnet():
        return resnet50(torch), lambda t: [torch.rand(1, 3, 224, 224, device="cuda").to(t)]

    def bert():
        return bert_base(torch), lambda t: [torch.randint(0, 30522, (1, 128), device="cuda")]

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

    def graphed(run):
        """One run as a CUDA graph, launched and waited for each time: what we do as well."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                run()
        torch.cuda.current_stream().wait_stream(side)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            kept = run()
        microseconds = wall(graph.replay)
        del kept
        return microseconds

    def prepared(make, mode, last):
        dtype = set_mode(torch, mode)
        with torch.device("cuda"):
            network, inputs_of = make()
        network = network.eval()
        inputs = inputs_of(dtype)
        if last:
            fold_normalisations(torch, network)
            return network.to(dtype).to(memory_format=torch.channels_last), [
                i.to(memory_format=torch.channels_last) for i in inputs]
        return network.to(dtype), inputs

    def in_mode(make, mode, last, how):
        """Everything that can fail is done when the item was noted as started."""

        def work():
            with torch.no_grad():
                network, inputs = prepared(make, mode, last)
                try:
                    return how(network, inputs), ""
                finally:
                    del network, inputs
                    torch.cuda.empty_cache()

        return work

    def compiled(network, inputs):
        import torch._dynamo

        torch._dynamo.reset()
        function = torch.compile(network, mode="reduce-overhead", dynamic=False)
        return wall(lambda: function(*inputs))

    every = [(n, m, mode) for mode in ("fp16", "tf32", "fp32") for n, m in
             (("resnet50 batch 1", resnet), ("bert-base 128 tokens", bert))]
    for name, make, mode in every:
        title = name + " " + mode
        is_images = name.startswith("resnet")
        ways = [("PyTorch eager", False, lambda f, i: wall(lambda: f(*i))),
                ("PyTorch in a CUDA graph", False, lambda f, i: graphed(lambda: f(*i)))]
        if is_images:
            ways.append(("PyTorch channels_last, folded, in a CUDA graph", True, lambda f, i: graphed(lambda: f(*i))))
        for system, last, how in ways:
            if time.monotonic() > deadline - 5:
                return False
            journal.measure(torch, title, system, in_mode(make, mode, last, how))
    # Leaves PyTorch's compiler, which takes longest, half of the time.
    everything = xla(torch, journal, deadline - (deadline - time.monotonic()) / 2)
    # The most wanted first.
    for name, make, mode in every:
        if time.monotonic() > deadline - 15:
            return False
        last = name.startswith("resnet") and mode != "fp32"
        journal.measure(
            torch, name + " " + mode, "torch.compile reduce-overhead" + (", channels_last, folded" if last else ""),
            in_mode(make, mode, last, compiled))
    return everything


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


def xla(torch, journal, deadline):
    """Whether nothing is left to be done; without JAX that is so."""
    import importlib.util

    if importlib.util.find_spec("jax") is None:
        return True
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
            if time.monotonic() > deadline - 10:
                return False
            journal.measure(torch, name + " " + mode, "XLA", timed(make, mode))
    return True


def versions(torch, folder):
    """Writes what is measured beside us to peers.jsonl, once."""
    from importlib import metadata

    found = {"PyTorch": torch.__version__, "its CUDA": str(torch.version.cuda), "its cuDNN": str(torch.backends.cudnn.version())}
    for package in ("triton", "jax"):
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
        everything = layers(torch, listed, Journal(journal), deadline)
    else:
        everything = models(torch, Journal(journal), deadline)
    return 0 if everything else EXIT_TIME


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
