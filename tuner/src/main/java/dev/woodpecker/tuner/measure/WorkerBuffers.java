package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.runtime.device.cpu.BufferTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The buffers of one task in a worker. Inputs are made once for each layout that candidates ask for; weights in several
 * copies, so that each run finds another one, which is not in the caches.
 */
final class WorkerBuffers implements AutoCloseable {
    /** Inputs in layouts that are not in use are given up beyond this. */
    static final long KEPT_BYTES = 256L << 20;

    /** More copies of small weights would cost more time than they are read in. */
    static final int MOST_COPIES = 24;

    /**
     * An input, or an output.
     *
     * @param copies all with the same content
     */
    private record Resident(Arena arena, List<GuardedMemory> copies, MemorySegment pristine, long bytes) {
        Resident {
            copies = List.copyOf(copies);
        }
    }

    private record Key(Job.Argument argument, int copies) {}

    /** A candidate's buffers, one table for each copy of the weights. */
    record Bound(
            Arena arena,
            List<BufferTable> tables,
            List<GuardedMemory> outputs,
            List<GuardedMemory> all,
            List<Input> inputs,
            boolean isCold,
            boolean needsSweep)
            implements AutoCloseable {
        Bound {
            tables = List.copyOf(tables);
            outputs = List.copyOf(outputs);
            all = List.copyOf(all);
            inputs = List.copyOf(inputs);
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    /** Every copy of an input, and what it must still hold after a run. */
    record Input(List<GuardedMemory> copies, MemorySegment pristine) {
        Input {
            copies = List.copyOf(copies);
        }
    }

    private final InputRange range;
    private final Map<Key, Resident> residents = new LinkedHashMap<>(16, 0.75f, true);

    WorkerBuffers(InputRange range) {
        this.range = range;
    }

    /** The buffers of a candidate; outputs and workspaces are poisoned. */
    Bound bind(Job.Candidate candidate, long coldBytes) {
        long weights = candidate.arguments().stream()
                .filter(Job.Argument::cold)
                .mapToLong(argument -> argument.arrangement().bytes())
                .sum();
        boolean isCold = weights > 0 && coldBytes > 0;
        long copies = isCold ? Math.clamp(Math.ceilDiv(coldBytes, weights) + 1, 2, MOST_COPIES) : 1;
        Arena arena = Arena.ofShared();
        try {
            return bind(candidate, (int) copies, isCold, isCold && copies * weights < coldBytes, arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private Bound bind(Job.Candidate candidate, int copies, boolean isCold, boolean needsSweep, Arena arena) {
        List<GuardedMemory> all = new ArrayList<>();
        List<GuardedMemory> outputs = new ArrayList<>();
        List<Input> inputs = new ArrayList<>();
        List<List<GuardedMemory>> columns = new ArrayList<>();
        for (Job.Argument argument : candidate.arguments()) {
            List<GuardedMemory> column = switch (argument.role()) {
                case INPUT -> {
                    Resident resident = resident(argument, argument.cold() ? copies : 1);
                    inputs.add(new Input(resident.copies(), resident.pristine()));
                    yield resident.copies();
                }
                case OUTPUT -> {
                    Resident resident = resident(argument, 1);
                    outputs.addAll(resident.copies());
                    resident.copies().getFirst().poison();
                    yield resident.copies();
                }
                case WORKSPACE -> {
                    GuardedMemory memory =
                            GuardedMemory.allocate(arena, argument.arrangement().bytes(), "a workspace");
                    memory.poison();
                    yield List.of(memory);
                }
            };
            columns.add(column);
            all.addAll(column);
        }
        List<BufferTable> tables = new ArrayList<>();
        for (int copy = 0; copy < copies; copy++) {
            BufferTable table = new BufferTable(arena, columns.size());
            for (int i = 0; i < columns.size(); i++) {
                List<GuardedMemory> column = columns.get(i);
                table.set(i, column.get(copy % column.size()).content());
            }
            tables.add(table);
        }
        giveUpOld(inputs);
        return new Bound(arena, tables, outputs, all, inputs, isCold, needsSweep);
    }

    private Resident resident(Job.Argument argument, int copies) {
        Key key = new Key(argument, copies);
        Resident known = residents.get(key);
        if (known == null) {
            known = make(argument, copies);
            residents.put(key, known);
        }
        return known;
    }

    private Resident make(Job.Argument argument, int copies) {
        Arrangement arrangement = argument.arrangement();
        long bytes = arrangement.bytes();
        Arena arena = Arena.ofShared();
        try {
            List<GuardedMemory> made = new ArrayList<>();
            MemorySegment pristine = MemorySegment.NULL;
            for (int i = 0; i < copies; i++) {
                made.add(GuardedMemory.allocate(arena, bytes, "a tensor"));
            }
            if (argument.role() == Role.INPUT) {
                pristine = GuardedMemory.allocate(arena, bytes, "a tensor").content();
                if (argument.content().isPresent()) {
                    PreparedWeights.read(Path.of(argument.content().get()), arrangement, pristine);
                } else {
                    arrangement.fill(pristine, range, argument.ordinal());
                }
                for (GuardedMemory copy : made) {
                    copy.content().copyFrom(pristine);
                }
            }
            return new Resident(arena, made, pristine, bytes * (copies + 1));
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private void giveUpOld(List<Input> inUse) {
        long total = residents.values().stream().mapToLong(Resident::bytes).sum();
        var oldestFirst = residents.entrySet().iterator();
        while (total > KEPT_BYTES && oldestFirst.hasNext()) {
            Map.Entry<Key, Resident> entry = oldestFirst.next();
            Resident resident = entry.getValue();
            boolean isUsed = entry.getKey().argument().role() == Role.OUTPUT
                    || inUse.stream().anyMatch(input -> input.copies().equals(resident.copies()));
            if (!isUsed) {
                total -= resident.bytes();
                resident.arena().close();
                oldestFirst.remove();
            }
        }
    }

    /** What a run did to {@code bound} that it must not do; empty when nothing. */
    static Optional<Job.Verdict.Wrong> damage(Bound bound) {
        for (GuardedMemory memory : bound.all()) {
            if (!memory.isIntact()) {
                return Optional.of(new Job.Verdict.Wrong("it wrote outside its buffers", false));
            }
        }
        for (Input input : bound.inputs()) {
            for (GuardedMemory copy : input.copies()) {
                if (copy.content().mismatch(input.pristine()) >= 0) {
                    return Optional.of(new Job.Verdict.Wrong("it wrote to an input", false));
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        residents.values().forEach(resident -> resident.arena().close());
        residents.clear();
    }
}
