"""A PyTorch that is none, on a device that is none: all of its arithmetic gives what it was given, and takes no time.

With it peers.py runs where there is neither, so that a mistake in it is found there. Compiling in max-autotune fails.
"""
import contextlib
import sys
import types
from unittest.mock import MagicMock

__version__ = "none"
version = types.SimpleNamespace(cuda="0.0")
backends = types.SimpleNamespace(
    cuda=types.SimpleNamespace(matmul=types.SimpleNamespace(allow_tf32=False)),
    cudnn=types.SimpleNamespace(allow_tf32=False, benchmark=False, version=lambda: 0),
)
float16 = types.SimpleNamespace(itemsize=2)
bfloat16 = types.SimpleNamespace(itemsize=2)
float32 = types.SimpleNamespace(itemsize=4)
uint8 = types.SimpleNamespace(itemsize=1)
channels_last = "channels_last"
no_grad = device = lambda *_: contextlib.nullcontext()
Generator = MagicMock


class Tensor:
    def __getattr__(self, name):
        return lambda *_, **__: self

    def unbind(self, _):
        return self, self, self

    def __getitem__(self, _):
        return self

    def __add__(self, other):
        if not isinstance(other, Tensor):
            raise TypeError("a tensor and " + str(other))
        return self


def tensor(*_, **__):
    return Tensor()


rand = randint = empty = matmul = tensor


def compile(function, mode, dynamic):
    if mode.startswith("max-autotune"):
        raise RuntimeError("nothing can be compiled here")
    return function


class Module:
    training = True

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        if not isinstance(x, Tensor):
            raise TypeError("no tensor: " + str(x))
        return x

    def modules(self):
        yield self
        for value in list(vars(self).values()) + (list(self) if isinstance(self, Sequential) else []):
            if isinstance(value, Module):
                yield from value.modules()

    def eval(self):
        for module in self.modules():
            module.training = False
        return self

    def to(self, *_, **__):
        return self


class Layer(Module):
    def __init__(self, *_, **__):
        self.weight = Tensor()


class Convolution(Layer):
    pass


class Normalisation(Layer):
    pass


class Sequential(Module):
    def __init__(self, *steps):
        self.steps = list(steps)

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, i):
        return self.steps[i]

    def __setitem__(self, i, step):
        self.steps[i] = step

    def forward(self, x):
        for step in self.steps:
            x = step(x)
        return x


def fused(convolution, normalisation):
    if convolution.training or not isinstance(normalisation, Normalisation):
        raise TypeError("what is fused is evaluated")
    return convolution


functional = types.SimpleNamespace(
    conv2d=tensor, gelu=tensor, scaled_dot_product_attention=lambda q, k, v: v)
nn = types.SimpleNamespace(
    Module=Module, Sequential=Sequential, Conv2d=Convolution, BatchNorm2d=Normalisation, functional=functional,
    **{name: Layer for name in
       ("AdaptiveAvgPool2d", "Embedding", "Flatten", "Identity", "LayerNorm", "Linear", "MaxPool2d", "ReLU")})


class Event:
    def __init__(self, enable_timing):
        self.timed = enable_timing

    def record(self):
        pass

    synchronize = record

    def elapsed_time(self, _):
        return 0.125


cuda = types.SimpleNamespace(
    Event=Event, CUDAGraph=MagicMock, Stream=MagicMock, graph=MagicMock(), stream=MagicMock(),
    current_stream=MagicMock(), empty_cache=lambda: None, synchronize=lambda: None, is_available=lambda: True,
    get_device_name=lambda _: "no device", get_device_properties=lambda _: types.SimpleNamespace(L2_cache_size=1 << 10))

for name in ("torch._dynamo", "torch.nn", "torch.nn.functional", "torch.nn.utils", "torch.nn.utils.fusion"):
    sys.modules[name] = MagicMock(fuse_conv_bn_eval=fused)
_dynamo = sys.modules["torch._dynamo"]
sys.modules["torch.nn.functional"] = functional
