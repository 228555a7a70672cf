package dev.woodpecker.cli.layers;

import dev.woodpecker.runtime.device.cpu.BufferTable;
import dev.woodpecker.runtime.device.cpu.CpuKernel;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.vendor.PostOperation;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorTensor;
import dev.woodpecker.runtime.vendor.onednn.OneDnn;
import dev.woodpecker.runtime.vendor.onednn.SplitKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** A layer with bias and Relu by oneDNN, in the layout in which it is fastest. On one thread. */
final class VendorLayer implements AutoCloseable {
    private static final List<Integer> BLOCKS = List.of(16, 8, 1);
    /** Of each layout, to find the best. */
    private static final int TRIALS = 5;

    private final Arena arena;
    private final WorkerPool pool;
    private final String implementation;
    private final CpuKernel kernel;
    private final BufferTable buffers;

    private VendorLayer(Arena arena, WorkerPool pool, String implementation, CpuKernel kernel, BufferTable buffers) {
        this.arena = arena;
        this.pool = pool;
        this.implementation = implementation;
        this.kernel = kernel;
        this.buffers = buffers;
    }

    /** The layer, if oneDNN has optimised code for it. */
    static Optional<VendorLayer> of(ConvolutionLayer layer, OneDnn library) {
        List<VendorLayer> all = new ArrayList<>();
        for (int source : BLOCKS) {
            for (int result : BLOCKS) {
                of(layer, library, source, result).ifPresent(all::add);
            }
        }
        Optional<VendorLayer> best = all.stream().min(Comparator.comparingDouble(made -> made.times(TRIALS)[0]));
        all.stream().filter(made -> best.filter(b -> b == made).isEmpty()).forEach(VendorLayer::close);
        return best;
    }

    private static Optional<VendorLayer> of(ConvolutionLayer layer, OneDnn library, int source, int result) {
        VendorKernel description = description(layer, source, result);
        Arena arena = Arena.ofShared();
        Optional<SplitKernel> made = SplitKernel.of(library, description, 1, arena);
        if (made.isEmpty()) {
            arena.close();
            return Optional.empty();
        }
        List<VendorTensor> tensors = new ArrayList<>(description.sources());
        tensors.add(description.result());
        BufferTable buffers = new BufferTable(arena, tensors.size());
        for (int i = 0; i < tensors.size(); i++) {
            MemorySegment memory = random(arena, tensors.get(i), i);
            buffers.set(i, i == 1 ? made.get().packed(memory, arena) : memory);
        }
        return Optional.of(new VendorLayer(
                arena,
                new WorkerPool(1),
                made.get().implementation(),
                made.get().code(),
                buffers));
    }

    private static VendorKernel description(ConvolutionLayer layer, int source, int result) {
        long groups = layer.groups();
        List<Long> weights = new ArrayList<>();
        if (groups > 1) {
            weights.add(groups);
        }
        weights.add(layer.filters() / groups);
        weights.add(layer.channels() / groups);
        weights.addAll(longs(layer.window()));
        return new VendorKernel.Convolution(
                VendorTensor.blocked(shape(layer.batch(), layer.channels(), layer.map()), source),
                VendorTensor.rowMajor(weights),
                List.of(VendorTensor.rowMajor(List.of((long) layer.filters()))),
                VendorTensor.blocked(shape(layer.batch(), layer.filters(), layer.result()), result),
                longs(layer.strides()),
                longs(layer.dilations()),
                longs(layer.pads().subList(0, 2)),
                longs(layer.pads().subList(2, 4)),
                groups,
                List.of(new PostOperation.Activation(PostOperation.Function.RELU, 0, 0)));
    }

    private static List<Long> shape(long batch, long channels, List<Integer> map) {
        List<Long> shape = new ArrayList<>(List.of(batch, channels));
        shape.addAll(longs(map));
        return shape;
    }

    private static List<Long> longs(List<Integer> values) {
        return values.stream().map(Integer::longValue).toList();
    }

    /** Blocks that the channels do not fill are zeros in their rest. */
    private static MemorySegment random(Arena arena, VendorTensor tensor, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long whole = tensor.bytes() / tensor.extents().get(tensor.block() > 1 ? 1 : 0);
        long rounded = tensor.block() > 1
                ? whole * Math.ceilDiv(tensor.extents().get(1), (long) tensor.block()) * tensor.block()
                : tensor.bytes();
        MemorySegment memory = NativeMemory.allocate(arena, rounded, "a layer");
        if (rounded == tensor.bytes()) {
            for (long at = 0; at < rounded; at += Float.BYTES) {
                memory.set(ValueLayout.JAVA_FLOAT, at, (float) random.nextDouble(-1, 1));
            }
        }
        return memory;
    }

    /** {@code jit:avx512_core}. */
    String implementation() {
        return implementation;
    }

    /** The median of a block of runs, after one that does not count. */
    double seconds(int runs) {
        return times(runs)[runs / 2];
    }

    /** The fastest first: of layouts the fastest runs are compared, which nothing else disturbed. */
    private double[] times(int runs) {
        run();
        double[] seconds = new double[runs];
        for (int i = 0; i < runs; i++) {
            long start = System.nanoTime();
            run();
            seconds[i] = (System.nanoTime() - start) * 1e-9;
        }
        Arrays.sort(seconds);
        return seconds;
    }

    private void run() {
        kernel.run(pool, buffers, MemorySegment.NULL);
    }

    @Override
    public void close() {
        pool.close();
        arena.close();
    }
}
