package dev.woodpecker.runtime.vendor.onednn;

import dev.woodpecker.runtime.device.cpu.CpuKernel;
import dev.woodpecker.runtime.device.cpu.KernelFunction;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.NativePhase;
import dev.woodpecker.runtime.vendor.KernelPart;
import dev.woodpecker.runtime.vendor.VendorKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A kernel as primitives of oneDNN, each of which computes a part of it on one thread: so the workers of a pool share it
 * as they share generated kernels. Safe for use by several threads.
 */
public final class SplitKernel implements KernelFunction {
    private static final int WEIGHTS = 1;

    private final boolean hasFixedWeights;
    private final List<Part> parts;

    /**
     * @param offsets of its buffers in bytes, weights being packed
     */
    private record Part(OneDnnKernel primitive, KernelPart description, List<Long> offsets) {
        private Part {
            offsets = List.copyOf(offsets);
        }
    }

    private SplitKernel(boolean hasFixedWeights, List<Part> parts) {
        this.hasFixedWeights = hasFixedWeights;
        this.parts = List.copyOf(parts);
    }

    /**
     * The kernel, if oneDNN has optimised code for it on this machine.
     *
     * @param workers how many are to share it
     * @param arena how long it is needed; a shared one
     */
    public static Optional<SplitKernel> of(OneDnn library, VendorKernel kernel, int workers, Arena arena) {
        List<Part> parts = new ArrayList<>();
        long packed = 0;
        for (KernelPart part : KernelPart.of(kernel, workers)) {
            Optional<OneDnnKernel> made = OneDnnKernel.of(library, part.kernel(), arena);
            if (made.isEmpty()) {
                return Optional.empty();
            }
            List<Long> offsets = new ArrayList<>(part.offsets());
            if (kernel.hasFixedWeights()) {
                offsets.set(WEIGHTS, packed);
                packed += aligned(made.get().weightBytes());
            }
            parts.add(new Part(made.get(), part, offsets));
        }
        return Optional.of(new SplitKernel(kernel.hasFixedWeights(), parts));
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, NativeMemory.ALIGNMENT) * NativeMemory.ALIGNMENT;
    }

    /** As oneDNN calls it: {@code jit:avx512_core}. */
    public String implementation() {
        return parts.getFirst().primitive().implementation();
    }

    /** The kernel as plans run it. */
    public CpuKernel code() {
        long scratchBytes = parts.stream()
                .mapToLong(part -> part.primitive().scratchBytes())
                .max()
                .orElse(0);
        return new CpuKernel(List.of(new NativePhase(this, parts.size(), scratchBytes)));
    }

    /**
     * Weights as this kernel wants its second source.
     *
     * @param plain as the kernel's description says
     * @param lasting how long they are needed
     */
    public MemorySegment packed(MemorySegment plain, Arena lasting) {
        if (!hasFixedWeights) {
            return plain;
        }
        long bytes = parts.stream()
                .mapToLong(part -> aligned(part.primitive().weightBytes()))
                .sum();
        MemorySegment packed = NativeMemory.allocate(lasting, bytes, "a weight");
        for (Part part : parts) {
            part.primitive()
                    .pack(
                            part.description().kernel(),
                            plain.asSlice(part.description().offsets().get(WEIGHTS)),
                            packed.asSlice(part.offsets().get(WEIGHTS)));
        }
        return packed;
    }

    @Override
    public int run(MemorySegment buffers, MemorySegment params, MemorySegment scratch, long begin, long end) {
        for (int i = (int) begin; i < end; i++) {
            Part part = parts.get(i);
            part.primitive().run(buffers, part.offsets(), scratch);
        }
        return 0;
    }
}
