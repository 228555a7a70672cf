package dev.woodpecker.runtime.plan.file;

import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.runtime.graph.TensorType;
import dev.woodpecker.runtime.plan.CompiledPlan;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a plan file holds.
 *
 * @param model the file name of the model that it was built from
 * @param inputs of the model, in order; extents that it leaves open are symbolic
 * @param outputs of the model, in order
 */
public record PlanContent(
        String model,
        Numerics numerics,
        Map<String, TensorType> inputs,
        List<String> outputs,
        List<ForTarget> targets) {
    /**
     * What is there for one kind of processor.
     *
     * @param name of the target, as {@code cpu:x86-64-v4}
     * @param processorFlags what a processor must have, in {@code /proc/cpuinfo}'s spelling
     * @param calls the compiled {@link dev.woodpecker.runtime.device.cpu.NativeCalls}, if there is one
     * @param plans one for each shape of the inputs
     */
    public record ForTarget(String name, Set<String> processorFlags, Optional<Path> calls, List<CompiledPlan> plans) {
        public ForTarget {
            processorFlags = Collections.unmodifiableSet(new TreeSet<>(processorFlags));
            plans = List.copyOf(plans);
        }
    }

    public PlanContent {
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
        outputs = List.copyOf(outputs);
        targets = List.copyOf(targets);
    }
}
