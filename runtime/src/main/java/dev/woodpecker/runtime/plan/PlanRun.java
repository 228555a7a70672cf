package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.OperatorException;
import dev.woodpecker.runtime.device.cpu.BufferTable;
import dev.woodpecker.runtime.device.cpu.CpuKernel.Completion;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.plan.kernel.LoadedKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Runs a plan again and again in memory of its own. Not safe for use by several threads at once. */
public final class PlanRun {
    private final ExecutablePlan plan;
    private final WorkerPool pool;
    private final MemorySegment memory;
    private final List<BufferTable> tables = new ArrayList<>();

    /** Told about every kernel that has run. */
    @FunctionalInterface
    public interface Observer {
        void ran(Invocation what, long nanoseconds);
    }

    /**
     * @param arena how long the memory is needed
     * @param memory at least the plan's arena, aligned
     */
    public PlanRun(ExecutablePlan plan, WorkerPool pool, Arena arena, MemorySegment memory) {
        this.plan = plan;
        this.pool = pool;
        this.memory = memory;
        for (Invocation invocation : plan.invocations()) {
            BufferTable table = new BufferTable(arena, invocation.buffers().size());
            for (int i = 0; i < table.count(); i++) {
                switch (invocation.buffers().get(i)) {
                    case BufferSource.Constant(int position) ->
                        table.set(i, plan.constants().get(position));
                    case BufferSource.Arena part -> table.set(i, part(part));
                    case BufferSource.Input _, BufferSource.Output _ -> {}
                }
            }
            tables.add(table);
        }
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
     * @throws OperatorException if a run-time check fails, as for an index out of bounds; outputs are unspecified then
     */
    public void run(List<NdArray> inputs, List<NdArray> outputs, Observer observer) {
        for (int i = 0; i < tables.size(); i++) {
            Invocation invocation = plan.invocations().get(i);
            bind(tables.get(i), invocation, inputs, outputs);
            LoadedKernel kernel = plan.kernels().get(invocation.kernel());
            long start = System.nanoTime();
            Completion completion = kernel.code().run(pool, tables.get(i), MemorySegment.NULL);
            observer.ran(invocation, System.nanoTime() - start);
            if (completion instanceof Completion.FailedCheck(int _, int check)) {
                throw new OperatorException(
                        "node '" + invocation.name() + "' (" + invocation.operator() + ")",
                        kernel.checks().get(check - 1));
            }
        }
        for (ExecutablePlan.Copy copy : plan.copies()) {
            MemorySegment to = outputs.get(copy.output()).memory();
            to.copyFrom(memory(copy.from(), inputs, outputs).asSlice(0, to.byteSize()));
        }
    }

    private void bind(BufferTable table, Invocation invocation, List<NdArray> inputs, List<NdArray> outputs) {
        for (int i = 0; i < table.count(); i++) {
            switch (invocation.buffers().get(i)) {
                case BufferSource.Input(int position) ->
                    table.set(i, inputs.get(position).memory());
                case BufferSource.Output(int position) ->
                    table.set(i, outputs.get(position).memory());
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
