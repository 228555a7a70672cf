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
public final class PlanRun implements PreparedRun {
    /** Below both of these a kernel is over within about the time, 10 microseconds, that workers take to come and go. */
    private static final long FEW_OPERATIONS = 100_000;

    private static final long FEW_BYTES = 128 << 10;

    private final ExecutablePlan plan;
    private final WorkerPool pool;
    private final MemorySegment memory;
    private final Arena arena;
    private final Call[] calls;

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
     * @param arena how long the memory is needed; closed with the run
     * @param memory at least the plan's arena, aligned
     */
    public PlanRun(ExecutablePlan plan, WorkerPool pool, Arena arena, MemorySegment memory) {
        this.plan = plan;
        this.pool = pool;
        this.memory = memory;
        this.arena = arena;
        this.calls = new Call[plan.invocations().size()];
        for (int i = 0; i < calls.length; i++) {
            calls[i] = call(plan.invocations().get(i), arena);
        }
    }

    private Call call(Invocation invocation, Arena arena) {
        BufferTable table = new BufferTable(arena, invocation.buffers().size());
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < table.count(); i++) {
            BufferSource source = invocation.buffers().get(i);
            if (source instanceof BufferSource.Input || source instanceof BufferSource.Output) {
                open.add(i);
            } else {
                table.set(i, memory(source, List.of(), List.of()));
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

    @Override
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

    private void bind(Call call, List<NdArray> inputs, List<NdArray> outputs) {
        for (int buffer : call.open()) {
            call.table().set(buffer, memory(call.what().buffers().get(buffer), inputs, outputs));
        }
    }

    private MemorySegment memory(BufferSource source, List<NdArray> inputs, List<NdArray> outputs) {
        // No switch, whose code Java makes at run time: 7 ms of a start.
        if (source instanceof BufferSource.Arena(long offset, long bytes)) {
            return memory.asSlice(offset, bytes);
        }
        if (source instanceof BufferSource.Constant(int position)) {
            return plan.constants().get(position);
        }
        return source instanceof BufferSource.Input(int position)
                ? inputs.get(position).memory()
                : outputs.get(((BufferSource.Output) source).position()).memory();
    }

    @Override
    public void close() {
        arena.close();
    }
}
