package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.KernelProvider;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Chooser;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.tuner.task.Point;
import dev.woodpecker.tuner.task.SearchSpace;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.Set;

/** Tasks made of the library's kernels. */
final class TestTasks {
    static final Target HOST = CpuTarget.of(CpuFeatures.ofHost());

    private TestTasks() {}

    static KernelCompiler compiler() {
        return KernelCompiler.of(Environment.ofProcess());
    }

    static KernelSpec kernel(String operator, String variant) {
        return ServiceLoader.load(KernelProvider.class).stream()
                .flatMap(provider -> provider.get().kernels().stream())
                .map(KernelProvider.CompiledKernel::spec)
                .filter(spec ->
                        spec.operator().equals(operator) && spec.variant().equals(variant))
                .findFirst()
                .orElseThrow();
    }

    static TensorProgram matrixProduct(long rows, long columns, long inner) {
        return Specializer.specialize(
                kernel("MatMul", ""),
                Binding.of("product").tensor("a", DType.F32, rows, inner).tensor("b", DType.F32, inner, columns));
    }

    static TensorProgram convolution(String variant, long channels, long filters, long size, long stride) {
        return Specializer.specialize(
                kernel("Conv", variant),
                Binding.of("conv_" + variant)
                        .tensor("x", DType.F32, 1, channels, size, size)
                        .tensor("w", DType.F32, filters, channels, 3, 3)
                        .tensor("b", DType.F32, filters)
                        .ints("strides", stride, stride)
                        .ints("pads", 1, 1, 1, 1)
                        .ints("dilations", 1, 1)
                        .integer("group", 1));
    }

    static TensorProgram softmax(long rows, long columns) {
        return Specializer.specialize(
                kernel("Softmax", ""),
                Binding.of("softmax").tensor("x", DType.F32, rows, columns).integer("axis", 1));
    }

    static TuningTask task(TensorProgram... variants) {
        return task(Map.of(), variants);
    }

    static TuningTask task(Map<String, LayoutMap> layouts, TensorProgram... variants) {
        List<Variant> named = new ArrayList<>();
        for (TensorProgram program : variants) {
            named.add(new Variant(program.name(), program));
        }
        return new TuningTask("test", "Test", named, HOST, Numerics.FP32, layouts, Set.of("w", "b"), 1, false);
    }

    static Point preferred(TuningTask task) {
        return SearchSpace.of(task).point(Chooser.preferred());
    }

    static Point random(TuningTask task, long seed) {
        Random random = new Random(seed);
        return SearchSpace.of(task)
                .point(choice ->
                        choice.domain().get(random.nextInt(choice.domain().size())));
    }
}
