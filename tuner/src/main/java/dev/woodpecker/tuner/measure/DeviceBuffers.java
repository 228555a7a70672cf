package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.Release;
import dev.woodpecker.runtime.timing.DeviceTimer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The buffers of a candidate on the device. The first set is what is checked: each buffer of it lies between two zones that
 * nobody may write to. The others have the same inputs, so many that a run finds what it reads in memory and not in the
 * level-2 cache.
 */
final class DeviceBuffers implements AutoCloseable {
    /** Of each zone; a multiple of what cuMemAlloc aligns to. */
    private static final long GUARD_BYTES = 4 << 10;

    private static final byte GUARD = (byte) 0xa5;
    /** NaN in every float type, -1 in every integer type, no boolean. */
    private static final byte POISON = (byte) 0xff;

    private static final long ALIGNMENT_BYTES = 256;
    /** Memory is not filled with copies of what is large anyway. */
    private static final long MOST_BYTES = 6L << 30;

    private final CudaDriver driver;
    private final Stream stream;
    private final List<Job.Argument> arguments;
    private final List<MemorySegment> inputs;
    private final List<DevicePointer> owned = new ArrayList<>();
    /** Addresses of each set, in the order of the arguments. */
    private final List<List<DevicePointer>> sets = new ArrayList<>();

    private final DevicePointer status;

    /**
     * @param inputs what each argument that is an input holds, in their order
     */
    DeviceBuffers(CudaDriver driver, Stream stream, List<Job.Argument> arguments, List<MemorySegment> inputs) {
        this.driver = driver;
        this.stream = stream;
        this.arguments = List.copyOf(arguments);
        this.inputs = List.copyOf(inputs);
        try {
            this.status = own(Long.BYTES, "the status of a candidate");
            guarded();
            copies();
            driver.synchronize(stream);
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    private DevicePointer own(long bytes, String purpose) {
        DevicePointer memory = driver.allocate(bytes, purpose);
        owned.add(memory);
        return memory;
    }

    private void guarded() {
        List<DevicePointer> set = new ArrayList<>();
        int input = 0;
        for (Job.Argument argument : arguments) {
            long bytes = argument.arrangement().bytes();
            DevicePointer zone = own(2 * GUARD_BYTES + bytes, "a tensor");
            DevicePointer content = zone.plus(GUARD_BYTES);
            driver.fill(zone, GUARD, GUARD_BYTES, stream);
            driver.fill(content.plus(bytes), GUARD, GUARD_BYTES, stream);
            set.add(content);
            if (argument.role() == Role.INPUT && bytes > 0) {
                driver.copy(inputs.get(input), content, stream);
            }
            input += argument.role() == Role.INPUT ? 1 : 0;
        }
        sets.add(set);
    }

    private void copies() {
        long bytesOfSet = arguments.stream()
                .mapToLong(argument -> aligned(argument.arrangement().bytes()))
                .sum();
        long wanted = 2 * driver.facts().l2Bytes() / Math.max(1, bytesOfSet) + 1;
        long room = Math.min(MOST_BYTES, driver.memory().freeBytes() / 2) / Math.max(1, bytesOfSet);
        int copies = Math.clamp(Math.min(wanted, room), 1, DeviceTimer.MOST_RUNS) - 1;
        if (copies == 0) {
            return;
        }
        // One allocation: hundreds would take longer than what is timed.
        DevicePointer next = own(copies * bytesOfSet, "copies of tensors");
        for (int i = 0; i < copies; i++) {
            List<DevicePointer> set = new ArrayList<>();
            for (int a = 0; a < arguments.size(); a++) {
                long bytes = arguments.get(a).arrangement().bytes();
                if (arguments.get(a).role() == Role.INPUT && bytes > 0) {
                    driver.copy(sets.getFirst().get(a), next, bytes, stream);
                }
                set.add(next);
                next = next.plus(aligned(bytes));
            }
            sets.add(set);
        }
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
    }

    /** What a launch of run {@code run} gets; run 0 has the buffers that are checked. */
    List<Long> addresses(int run) {
        List<Long> addresses = new ArrayList<>();
        sets.get(run % sets.size()).forEach(pointer -> addresses.add(pointer.address()));
        addresses.add(status.address());
        return addresses;
    }

    int sets() {
        return sets.size();
    }

    /** Makes all that run 0 has to write hold what no result should be. */
    void poison() {
        driver.fill(status, (byte) 0, Long.BYTES, stream);
        for (int i = 0; i < arguments.size(); i++) {
            long bytes = arguments.get(i).arrangement().bytes();
            if (arguments.get(i).role() != Role.INPUT && bytes > 0) {
                driver.fill(sets.getFirst().get(i), POISON, bytes, stream);
            }
        }
    }

    /** The number of the check that run 0 failed; 0 for none. */
    int status(Arena arena) {
        return download(status, Long.BYTES, arena).get(ValueLayout.JAVA_INT, 0);
    }

    /** What run 0 left in the outputs. */
    List<MemorySegment> outputs(Arena arena) {
        List<MemorySegment> outputs = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).role() == Role.OUTPUT) {
                outputs.add(download(
                        sets.getFirst().get(i), arguments.get(i).arrangement().bytes(), arena));
            }
        }
        return outputs;
    }

    /** What run 0 did that it must not do. */
    Optional<Job.Verdict.Wrong> damage(Arena arena) {
        int input = 0;
        for (int i = 0; i < arguments.size(); i++) {
            DevicePointer content = sets.getFirst().get(i);
            long bytes = arguments.get(i).arrangement().bytes();
            if (isTouched(content.plus(-GUARD_BYTES), arena) || isTouched(content.plus(bytes), arena)) {
                return Optional.of(new Job.Verdict.Wrong("it wrote outside its buffers", false));
            }
            if (arguments.get(i).role() == Role.INPUT) {
                if (download(content, bytes, arena).mismatch(inputs.get(input)) >= 0) {
                    return Optional.of(new Job.Verdict.Wrong("it wrote to an input", false));
                }
                input++;
            }
        }
        return Optional.empty();
    }

    private boolean isTouched(DevicePointer zone, Arena arena) {
        MemorySegment now = download(zone, GUARD_BYTES, arena);
        // All bytes are as their neighbours, and the first is as it was.
        return now.get(ValueLayout.JAVA_BYTE, 0) != GUARD
                || now.asSlice(1).mismatch(now.asSlice(0, GUARD_BYTES - 1)) >= 0;
    }

    private MemorySegment download(DevicePointer from, long bytes, Arena arena) {
        MemorySegment memory = NativeMemory.allocate(arena, bytes, "what a candidate left");
        if (bytes > 0) {
            driver.copy(from, memory, stream);
            driver.synchronize(stream);
        }
        return memory;
    }

    @Override
    public void close() {
        owned.forEach(memory -> Release.of(() -> driver.free(memory)));
    }
}
