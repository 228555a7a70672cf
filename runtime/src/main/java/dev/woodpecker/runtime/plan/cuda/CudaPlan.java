package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.ExecutablePlan.Copy;
import dev.woodpecker.runtime.plan.ExecutablePlan.Value;
import dev.woodpecker.runtime.plan.Invocation;
import dev.woodpecker.runtime.plan.PreparedRun;
import dev.woodpecker.runtime.plan.RunnablePlan;
import dev.woodpecker.runtime.vendor.cuda.DeviceVendor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/**
 * A plan with its code and constants on a device.
 *
 * @param kernels by the positions that invocations name
 * @param onDevice the constants on the device, in the plan's order
 * @param vendors what a library computes, by the position of the invocation
 * @param workspaceBytes the most that one of these calls wants
 */
record CudaPlan(
        CudaDevice device,
        CompiledPlan plan,
        List<CudaKernel> kernels,
        List<DevicePointer> onDevice,
        Map<Integer, DeviceVendor.Call> vendors,
        long workspaceBytes)
        implements RunnablePlan {
    CudaPlan {
        vendors = Map.copyOf(vendors);
        kernels = List.copyOf(kernels);
        onDevice = List.copyOf(onDevice);
    }

    /** A plan of generated kernels alone. */
    static CudaPlan generated(
            CudaDevice device, CompiledPlan plan, List<CudaKernel> kernels, List<DevicePointer> onDevice) {
        return new CudaPlan(device, plan, kernels, onDevice, Map.of(), 0);
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
