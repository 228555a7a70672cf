package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.Difference;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.plan.BufferSource;
import dev.woodpecker.runtime.plan.VendorCall;
import dev.woodpecker.runtime.plan.cuda.PlanLaunches.Places;
import dev.woodpecker.runtime.vendor.VendorKernel;
import dev.woodpecker.runtime.vendor.VendorTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Whether a library's way to compute an invocation gives what the generated kernel does, on activations that vary: how a library
 * is called is agreed on by numbers in headers, and nothing but its results tells that they were understood.
 *
 * @param call what is computed
 */
record VendorTrial(CudaDevice device, RunMemory memory, PlanLaunches launches, Places places, VendorCall call) {
    /**
     * The upper byte of 16 bits: between 1 and 1.25 in f16, around a hundredth in bf16 and f32. Zeros would take less power
     * when they are timed.
     */
    private static final byte UPPER = 0x3c;

    /** What the steps leave as the result. */
    NdArray result(List<PlanStep> steps) {
        fill();
        device.run(() -> {
            steps.forEach(step -> step.enqueue(device.driver(), memory.stream()));
            device.driver().synchronize(memory.stream());
        });
        VendorTensor described = call.kernel().result();
        NdArray result = NdArray.allocate(
                call.element(),
                described.extents().stream().mapToInt(Math::toIntExact).toArray());
        device.download(launches.address(call.buffers().getLast(), places), result.memory());
        return result;
    }

    /** How a result differs from the generated kernel's; empty if it does not by more than rounding. */
    Optional<String> difference(NdArray actual, NdArray generated, Numerics numerics) {
        double distance =
                Difference.between(actual, generated, Difference.Tolerance.ONNX).normwiseRelative();
        double allowed = numerics.wholeModelTolerance();
        return distance <= allowed
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "its result is %.1e off the generated kernel's, %.1e are allowed",
                        distance,
                        allowed));
    }

    /** Everything, since a result may lie where an input does; then what the call reads of it. */
    private void fill() {
        memory.fillValues(UPPER);
        VendorKernel kernel = call.kernel();
        List<VendorTensor> read = new ArrayList<>(kernel.sources());
        read.addAll(kernel.others());
        for (int i = 0; i < read.size(); i++) {
            BufferSource source = call.buffers().get(i);
            if (!(source instanceof BufferSource.Constant)) {
                long bytes = read.get(i).bytes() / Float.BYTES * call.element().bytes();
                try (Arena arena = Arena.ofShared()) {
                    device.upload(varying(arena, bytes, i), launches.address(source, places));
                }
            }
        }
    }

    private static MemorySegment varying(Arena arena, long bytes, long seed) {
        MemorySegment values = arena.allocate(bytes, Long.BYTES);
        SplittableRandom random = new SplittableRandom(seed);
        for (long i = 0; i < bytes / Short.BYTES; i++) {
            values.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (UPPER << Byte.SIZE | random.nextInt(1 << Byte.SIZE)));
        }
        return values;
    }
}
