package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.plan.BufferSource;
import dev.woodpecker.runtime.plan.Invocation;
import dev.woodpecker.runtime.plan.VendorCall;
import dev.woodpecker.runtime.vendor.cuda.DeviceVendor;
import java.util.ArrayList;
import java.util.List;

/** Turns a plan's invocations into launches, for given places of its inputs and outputs. */
record PlanLaunches(CudaPlan plan, DevicePointer values, DevicePointer status, DevicePointer workspace) {
    /** Where a run's inputs and outputs are on the device, in the plan's order. */
    record Places(List<DevicePointer> inputs, List<DevicePointer> outputs) {
        Places {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }
    }

    /** The launches of each invocation, in their order. */
    List<List<PlanStep>> of(Places places) {
        List<List<PlanStep>> launches = new ArrayList<>();
        for (int i = 0; i < plan.invocations().size(); i++) {
            launches.add(of(i, places));
        }
        return launches;
    }

    private List<PlanStep> of(int position, Places places) {
        DeviceVendor.Call chosen = plan.vendors().get(position);
        return chosen == null ? generated(position, places) : List.of(ofVendor(position, chosen, places));
    }

    /** An invocation's launches by the generated kernel. */
    List<PlanStep> generated(int position, Places places) {
        Invocation invocation = plan.invocations().get(position);
        List<Long> arguments = addresses(invocation.buffers(), places);
        arguments.add(status.plus(Integer.BYTES * (long) position).address());
        List<PlanStep> steps = new ArrayList<>();
        for (CudaKernel.Phase phase : plan.kernels().get(invocation.kernel()).phases()) {
            steps.add(new PlanStep.Generated(new KernelLaunch(
                    phase.function(),
                    phase.grid(),
                    phase.block(),
                    phase.dynamicSharedBytes(),
                    arguments,
                    MappedArgument.encoded(
                            phase.maps(), arguments, plan.device().driver()))));
        }
        return steps;
    }

    /** The same by a library. */
    PlanStep ofVendor(int position, DeviceVendor.Call call, Places places) {
        VendorCall described = plan.invocations().get(position).vendor().orElseThrow();
        long scratch = call.workspaceBytes() == 0 ? 0 : workspace.address();
        return new PlanStep.OfVendor(call, addresses(described.buffers(), places), scratch);
    }

    private List<Long> addresses(List<BufferSource> buffers, Places places) {
        List<Long> addresses = new ArrayList<>();
        buffers.forEach(source -> addresses.add(address(source, places).address()));
        return addresses;
    }

    DevicePointer address(BufferSource source, Places places) {
        return switch (source) {
            case BufferSource.Input(int position) -> places.inputs().get(position);
            case BufferSource.Output(int position) -> places.outputs().get(position);
            case BufferSource.Constant(int position) -> plan.onDevice().get(position);
            case BufferSource.Arena(long offset, long _) -> values.plus(offset);
        };
    }
}
