package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.kernel.LoadedKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A graph ready to run, for one shape of its inputs. Immutable; its memory is that of the model.
 *
 * @param inputs names and types of what a run is given, row-major
 * @param outputs likewise of what it returns
 * @param kernels that the invocations run
 * @param constants weights as the kernels want them
 * @param arenaBytes memory that a run needs for what is between
 * @param constantKernels how many kernels ran when the plan was made, on constants alone
 * @param copies outputs that are views, inputs or constants, and so are copied at the end
 */
public record ExecutablePlan(
        List<Value> inputs,
        List<Value> outputs,
        List<LoadedKernel> kernels,
        List<MemorySegment> constants,
        List<Invocation> invocations,
        List<Copy> copies,
        int constantKernels,
        long arenaBytes)
        implements RunnablePlan {
    public record Value(String name, TensorType type) {}

    /** Copies the elements of a row-major buffer to an output. */
    public record Copy(BufferSource from, int output) {}

    @Override
    public PreparedRun prepare(WorkerPool pool) {
        Arena arena = Arena.ofShared();
        try {
            return new PlanRun(this, pool, arena, PlanRun.allocate(arena, this));
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    ExecutablePlan withInvocations(List<Invocation> newInvocations) {
        return new ExecutablePlan(
                inputs, outputs, kernels, constants, newInvocations, copies, constantKernels, arenaBytes);
    }

    public ExecutablePlan {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        kernels = List.copyOf(kernels);
        constants = List.copyOf(constants);
        invocations = List.copyOf(invocations);
        copies = List.copyOf(copies);
    }
}
