package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The inputs of one task as candidates want them laid out, made once for each layout, from which they go to the device. */
final class HostInputs implements AutoCloseable {
    /** Inputs are made again beyond this. */
    private static final long KEPT_BYTES = 1L << 30;

    private final InputRange range;
    private final Map<Job.Argument, MemorySegment> made = new HashMap<>();
    private Arena arena = Arena.ofShared();
    private long bytes;

    HostInputs(InputRange range) {
        this.range = range;
    }

    /** Of the arguments that are inputs, in their order; good until the next call. */
    List<MemorySegment> of(List<Job.Argument> arguments) {
        if (bytes > KEPT_BYTES) {
            forget();
        }
        return arguments.stream()
                .filter(argument -> argument.role() == Role.INPUT)
                .map(argument -> made.computeIfAbsent(argument, this::make))
                .toList();
    }

    private MemorySegment make(Job.Argument argument) {
        Arrangement arrangement = argument.arrangement();
        MemorySegment memory = NativeMemory.allocate(arena, arrangement.bytes(), "an input");
        argument.content()
                .ifPresentOrElse(
                        file -> PreparedWeights.read(Path.of(file), arrangement, memory),
                        () -> arrangement.fill(memory, range, argument.ordinal()));
        bytes += arrangement.bytes();
        return memory;
    }

    private void forget() {
        made.clear();
        arena.close();
        arena = Arena.ofShared();
        bytes = 0;
    }

    @Override
    public void close() {
        arena.close();
    }
}
