package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.KernelLaunch;
import dev.woodpecker.runtime.plan.BufferSource;
import dev.woodpecker.runtime.plan.Invocation;
import java.util.ArrayList;
import java.util.List;

/** Turns a plan's invocations into launches, for given places of its inputs and outputs. */
record PlanLaunches(CudaPlan plan, DevicePointer values, DevicePointer status) {
    /** Where a run's inputs and outputs are on the device, in the plan's order. */
    record Places(List<DevicePointer> inputs, List<DevicePointer> outputs) {
        Places {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }
    }

    /** The launches of each invocation, in their order. */
    List<List<KernelLaunch>> of(Places places) {
        List<List<KernelLaunch>> launches = new ArrayList<>();
        for (int i = 0; i < plan.invocations().size(); i++) {
            launches.add(of(i, places));
        }
        return launches;
    }

    private List<KernelLaunch> of(int position, Places places) {
        Invocation invocation = plan.invocations().get(position);
        List<Long> arguments = new ArrayList<>();
        invocation
                .buffers()
                .forEach(source -> arguments.add(address(source, places).address()));
        arguments.add(status.plus(Integer.BYTES * (long) position).address());
        return plan.kernels().get(invocation.kernel()).phases().stream()
                .map(phase -> new KernelLaunch(
                        phase.function(), phase.grid(), phase.block(), phase.dynamicSharedBytes(), arguments))
                .toList();
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
