package dev.woodpecker.tuner.compare;

import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.call.KernelCall;
import dev.woodpecker.runtime.call.KernelIndex;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A kernel that searches are compared on or trained with.
 *
 * @param call the shapes and attributes, as on a command line
 */
public record ComparisonKernel(String name, String operator, String call) {
    private static final Set<String> WEIGHTS = Set.of("w", "b");

    /** What searches are compared on: the six kinds of kernel that models spend their time in. */
    public static final List<ComparisonKernel> ALL = List.of(
            new ComparisonKernel("conv 3x3", "Conv", "x=1x64x56x56 w=64x64x3x3 b=64 strides=1,1 pads=1,1,1,1"),
            new ComparisonKernel("conv 1x1", "Conv", "x=1x256x14x14 w=1024x256x1x1 b=1024 strides=1,1 pads=0,0,0,0"),
            new ComparisonKernel("conv strided", "Conv", "x=1x128x56x56 w=128x128x3x3 b=128 strides=2,2 pads=1,1,1,1"),
            new ComparisonKernel(
                    "conv depthwise", "Conv", "x=1x96x56x56 w=96x1x3x3 b=96 strides=1,1 pads=1,1,1,1 group=96"),
            new ComparisonKernel("GEMM", "MatMul", "a=512x512 b=512x512"),
            new ComparisonKernel("softmax", "Softmax", "x=1x12x128x128 axis=3"));

    /** As a task, with its tensors in the layouts that it would like best. */
    public TuningTask task(Target target) {
        KernelCall kernel = KernelCall.of(
                KernelIndex.of(ComparisonKernel.class.getClassLoader()).find(operator), List.of(call.split(" ")));
        TensorProgram program = kernel.program();
        Set<String> constants = program.inputs().stream()
                .map(TensorProgram.Declaration::name)
                .filter(WEIGHTS::contains)
                .collect(Collectors.toSet());
        Map<String, LayoutMap> layouts =
                new HashMap<>(DefaultSchedule.preferredLayouts(program, target, Numerics.FP32));
        layouts.keySet().removeAll(constants);
        return new TuningTask(
                name,
                operator,
                List.of(new Variant(kernel.spec().variant(), program)),
                target,
                Numerics.FP32,
                layouts,
                constants,
                1,
                false);
    }
}
