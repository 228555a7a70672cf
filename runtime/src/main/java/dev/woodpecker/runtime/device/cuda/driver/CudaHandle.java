package dev.woodpecker.runtime.device.cuda.driver;

/** What the driver gave, by the number that it is known under: the pointer that C code would hold. */
public sealed interface CudaHandle {
    long value();

    /** Loaded code: a {@code CUmodule}. */
    record Module(long value) implements CudaHandle {}

    /** A kernel of loaded code: a {@code CUfunction}. */
    record Function(long value, String name) implements CudaHandle {}

    /** What runs in order: a {@code CUstream}, which the vendor's libraries take as well. */
    record Stream(long value) implements CudaHandle {}

    /** A moment of a stream: a {@code CUevent}. */
    record Event(long value) implements CudaHandle {}

    /** What was captured: a {@code CUgraph}. */
    record Graph(long value) implements CudaHandle {}

    /** One step of it: a {@code CUgraphNode}. */
    record Node(long value) implements CudaHandle {}

    /** A graph ready to be launched: a {@code CUgraphExec}. */
    record Executable(long value) implements CudaHandle {}
}
