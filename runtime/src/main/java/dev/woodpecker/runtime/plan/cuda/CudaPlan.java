package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.ExecutablePlan.Copy;
import dev.woodpecker.runtime.plan.ExecutablePlan.Value;
import dev.woodpecker.runtime.plan.Invocation;
import dev.woodpecker.runtime.plan.PreparedRun;
import dev.woodpecker.runtime.plan.RunnablePlan;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A plan with its code and constants on a device.
 *
 * @param kernels by the positions that invocations name
 * @param onDevice the constants on the device, in the plan's order
 */
record CudaPlan(CudaDevice device, CompiledPlan plan, List<CudaKernel> kernels, List<DevicePointer> onDevice)
        implements RunnablePlan {
    CudaPlan {
        kernels = List.copyOf(kernels);
        onDevice = List.copyOf(onDevice);
    }

    @Override
    public List<Value> inputs() {
        return plan.inputs();
    }

    @Override
    public List<Value> outputs() {
        return plan.outputs();
    }

    @Override
    public List<Invocation> invocations() {
        return plan.invocations();
    }

    @Override
    public List<MemorySegment> constants() {
        return plan.constants();
    }

    List<Copy> copies() {
        return plan.copies();
    }

    @Override
    public int constantKernels() {
        return plan.constantKernels();
    }

    @Override
    public long arenaBytes() {
        return plan.arenaBytes();
    }

    /** The pool is of no use here. */
    @Override
    public PreparedRun prepare(WorkerPool pool) {
        return CudaPlanRun.of(this);
    }
}
