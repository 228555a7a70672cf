package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.plan.ExecutablePlan.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A graph ready to run on some device, for one shape of its inputs. Immutable; its memory is that of the model. */
public interface RunnablePlan {
    /** Names and types of what a run is given, row-major. */
    List<Value> inputs();

    /** Likewise of what it returns. */
    List<Value> outputs();

    /** The kernels that it runs. */
    List<Invocation> invocations();

    /** Memory of the host that its constants take. */
    List<MemorySegment> constants();

    /** How many kernels ran when the plan was made, on constants alone. */
    int constantKernels();

    /** Memory that a run needs for what is between its kernels. */
    long arenaBytes();

    /**
     * Memory and code of its own to run it with.
     *
     * @param pool that kernels share where they run on a processor
     */
    PreparedRun prepare(WorkerPool pool);
}
