package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.expr.BindingText;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.SpecializationException;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.plan.binding.KernelLibrary;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** Programs of the library by one line of text: an operator, its shapes and attributes. */
public final class KernelCalls {
    private KernelCalls() {}

    /** The first of the operator's kernels that takes {@code Conv x=1x3x8x8 w=...}, floats being {@code elements}. */
    public static TensorProgram program(String call, String name, DType elements) {
        int space = call.indexOf(' ');
        RuntimeException last = new IllegalArgumentException("no kernel takes " + call);
        for (CompiledKernel kernel : KernelLibrary.ofClassPath().kernels(call.substring(0, space))) {
            KernelSpec spec = kernel.spec();
            try {
                return Specializer.specialize(spec, BindingText.parse(spec, name, call.substring(space + 1), elements));
            } catch (SpecializationException | IllegalArgumentException other) {
                last = other;
            }
        }
        throw last;
    }

    /** Small whole numbers, so that sums and products are exact in any order and of any type. */
    public static Map<String, HostTensor> smallIntegers(TensorProgram program, int from, int to, long seed) {
        Random random = new Random(seed);
        Map<String, HostTensor> inputs = new HashMap<>();
        program.inputs().forEach(buffer -> {
            long[] shape = buffer.shape().stream()
                    .mapToLong(extent -> IndexMath.constant(extent).orElseThrow())
                    .toArray();
            int least = buffer.type().kind() == DType.Kind.UNSIGNED ? 0 : from;
            int[] values = random.ints(HostTensor.zeros(buffer.type(), shape).elements(), least, to)
                    .toArray();
            inputs.put(
                    buffer.name(),
                    buffer.type().isFloat()
                            ? HostTensor.ofReals(
                                    buffer.type(),
                                    Arrays.stream(values).asDoubleStream().toArray(),
                                    shape)
                            : HostTensor.ofIntegers(
                                    buffer.type(),
                                    Arrays.stream(values).asLongStream().toArray(),
                                    shape));
        });
        return inputs;
    }
}
