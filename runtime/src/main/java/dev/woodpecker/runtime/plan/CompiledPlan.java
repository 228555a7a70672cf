package dev.woodpecker.runtime.plan;

import dev.woodpecker.runtime.plan.ExecutablePlan.Copy;
import dev.woodpecker.runtime.plan.ExecutablePlan.Value;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel;
import dev.woodpecker.runtime.plan.kernel.KernelLoader;
import dev.woodpecker.runtime.plan.kernel.LoadedKernel;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** An {@link ExecutablePlan} whose kernels are not loaded yet: they may be for another machine. */
public record CompiledPlan(
        List<Value> inputs,
        List<Value> outputs,
        List<CompiledKernel> kernels,
        List<MemorySegment> constants,
        List<Invocation> invocations,
        List<Copy> copies,
        int constantKernels,
        long arenaBytes) {
    public CompiledPlan {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        kernels = List.copyOf(kernels);
        constants = List.copyOf(constants);
        invocations = List.copyOf(invocations);
        copies = List.copyOf(copies);
    }

    public CompiledPlan withInvocations(List<Invocation> newInvocations) {
        return new CompiledPlan(
                inputs, outputs, kernels, constants, newInvocations, copies, constantKernels, arenaBytes);
    }

    /** The plan, ready to run on this machine. */
    public ExecutablePlan load(KernelLoader loader) {
        List<LoadedKernel> loaded = new ArrayList<>();
        for (CompiledKernel kernel : kernels) {
            loaded.add(loader.load(kernel));
        }
        return new ExecutablePlan(inputs, outputs, loaded, constants, invocations, copies, constantKernels, arenaBytes);
    }
}
