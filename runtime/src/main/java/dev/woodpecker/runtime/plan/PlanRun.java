package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.OperatorException;
import dev.woodpecker.runtime.device.cpu.BufferTable;
import dev.woodpecker.runtime.device.cpu.Cancellation;
import dev.woodpecker.runtime.device.cpu.CpuKernel.Completion;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.plan.kernel.LoadedKernel;
import dev.woodpecker.runtime.plan.program.Cost;
import dev.woodpecker.runtime.timing.FlightRecording;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs a plan again and again in memory of its own. Not safe for use by several threads at once. */
public final class PlanRun {
    /** Below both of these a kernel is over within about the time, 10 microseconds, that workers take to come and go. */
    private static final long FEW_OPERATIONS = 100_000;

    private static final long FEW_BYTES = 128 << 10;

    private final ExecutablePlan plan;
    private final WorkerPool pool;
    private final MemorySegment memory;
    private final Call[] calls;

    /** Told about every kernel that has run. */
    @FunctionalInterface
    public interface Observer {
        void ran(Invocation what, long startNanoseconds, long nanoseconds);
    }

    /**
     * An invocation with its table, of which only what is the caller's changes from run to run.
     *
     * @param open buffers that are inputs or outputs of a run
     * @param alone whether it is too small to be shared
     */
    private record Call(Invocation what, LoadedKernel kernel, BufferTable table, List<Integer> open, boolean alone) {
        private Call {
            open = List.copyOf(open);
        }
    }

    /**
     * @param arena how long the memory is needed
     * @param memory at least the plan's arena, aligned
     */
    public PlanRun(ExecutablePlan plan, WorkerPool pool, Arena arena, MemorySegment memory) {
        this.plan = plan;
        this.pool = pool;
        this.memory = memory;
        this.calls = plan.invocations().stream().map(what -> call(what, arena)).toArray(Call[]::new);
    }

    private Call call(Invocation invocation, Arena arena) {
        BufferTable table = new BufferTable(arena, invocation.buffers().size());
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < table.count(); i++) {
            switch (invocation.buffers().get(i)) {
                case BufferSource.Constant(int position) ->
                    table.set(i, plan.constants().get(position));
                case BufferSource.Arena part -> table.set(i, part(part));
                case BufferSource.Input _, BufferSource.Output _ -> open.add(i);
            }
        }
        return new Call(invocation, plan.kernels().get(invocation.kernel()), table, open, isSmall(invocation.cost()));
    }

    private static boolean isSmall(Cost cost) {
        return cost.flops() < FEW_OPERATIONS && cost.bytes() < FEW_BYTES;
    }

    /** Memory for a plan's arena. */
    public static MemorySegment allocate(Arena arena, ExecutablePlan plan) {
        return NativeMemory.allocate(arena, plan.arenaBytes(), "the values between a model's kernels");
    }

    /**
     * Runs all kernels.
     *
     * @param inputs in the plan's order, aligned
     * @param outputs in the plan's order, aligned; filled
     * @param observer for whom kernels are timed
     * @throws OperatorException if a run-time check fails, as for an index out of bounds; outputs are unspecified then
     * @throws java.util.concurrent.CancellationException if the run is cancelled; outputs are unspecified then
     */
    public void run(
            List<NdArray> inputs,
            List<NdArray> outputs,
            Optional<? extends Observer> observer,
            Cancellation cancellation) {
        try (WorkerPool.Turn _ = pool.turn()) {
            boolean recorded = FlightRecording.mayBeOn() && KernelEvent.isOn();
            for (Call call : calls) {
                bind(call, inputs, outputs);
                if (observer.isPresent() || recorded) {
                    runTimed(call, observer, cancellation);
                } else {
                    run(call, cancellation);
                }
            }
        }
        for (ExecutablePlan.Copy copy : plan.copies()) {
            MemorySegment to = outputs.get(copy.output()).memory();
            to.copyFrom(memory(copy.from(), inputs, outputs).asSlice(0, to.byteSize()));
        }
    }

    private void runTimed(Call call, Optional<? extends Observer> observer, Cancellation cancellation) {
        Optional<KernelEvent> event = FlightRecording.mayBeOn() ? Optional.of(new KernelEvent()) : Optional.empty();
        event.ifPresent(KernelEvent::begin);
        long start = System.nanoTime();
        run(call, cancellation);
        long nanoseconds = System.nanoTime() - start;
        event.ifPresent(measured -> {
            measured.end();
            measured.commit(call.what());
        });
        observer.ifPresent(told -> told.ran(call.what(), start, nanoseconds));
    }

    private void run(Call call, Cancellation cancellation) {
        Completion completion =
                call.kernel().code().run(pool, call.table(), MemorySegment.NULL, call.alone(), cancellation);
        if (completion instanceof Completion.FailedCheck(int _, int check)) {
            throw new OperatorException(
                    "node '" + call.what().name() + "' (" + call.what().operator() + ")",
                    call.kernel().checks().get(check - 1));
        }
    }

    private static void bind(Call call, List<NdArray> inputs, List<NdArray> outputs) {
        for (int buffer : call.open()) {
            switch (call.what().buffers().get(buffer)) {
                case BufferSource.Input(int position) ->
                    call.table().set(buffer, inputs.get(position).memory());
                case BufferSource.Output(int position) ->
                    call.table().set(buffer, outputs.get(position).memory());
                case BufferSource.Constant _, BufferSource.Arena _ -> {}
            }
        }
    }

    private MemorySegment memory(BufferSource source, List<NdArray> inputs, List<NdArray> outputs) {
        return switch (source) {
            case BufferSource.Input(int position) -> inputs.get(position).memory();
            case BufferSource.Output(int position) -> outputs.get(position).memory();
            case BufferSource.Constant(int position) -> plan.constants().get(position);
            case BufferSource.Arena part -> part(part);
        };
    }

    private MemorySegment part(BufferSource.Arena part) {
        return memory.asSlice(part.offset(), part.bytes());
    }
}
