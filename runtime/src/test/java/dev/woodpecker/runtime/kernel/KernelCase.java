package dev.woodpecker.runtime.kernel;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.BindingText;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A kernel with shapes, attributes and the values of its inputs.
 *
 * @param line what the table says: the pairs of {@link BindingText}; {@code x~-3..3} for the {@link Domain} of an input;
 *     {@code out:f16} for the element type of an output
 */
record KernelCase(CompiledKernel kernel, String line, Binding binding, Map<String, Domain> domains, Accuracy accuracy) {

    /** @throws IllegalArgumentException if the line does not fit the kernel */
    static KernelCase parse(CompiledKernel kernel, String line, Accuracy accuracy) {
        return parse(kernel, line, accuracy, DType.F32);
    }

    private static KernelCase parse(CompiledKernel kernel, String line, Accuracy accuracy, DType elements) {
        List<String> pairs = new ArrayList<>();
        Map<String, Domain> domains = new LinkedHashMap<>();
        Map<String, DType> outputs = new LinkedHashMap<>();
        for (String token :
                line.isBlank() ? List.<String>of() : List.of(line.strip().split("\\s+"))) {
            int tilde = token.indexOf('~');
            int colon = token.indexOf(':');
            if (tilde > 0) {
                domains.put(token.substring(0, tilde), Domain.parse(token.substring(tilde + 1)));
            } else if (token.indexOf('=') < 0 && colon > 0) {
                outputs.put(token.substring(0, colon), DType.parse(token.substring(colon + 1)));
            } else {
                pairs.add(token);
            }
        }
        String name = kernel.spec().shortName().replaceAll("[^A-Za-z0-9]+", "_");
        Binding binding = BindingText.parse(kernel.spec(), name, String.join(" ", pairs), elements);
        for (Map.Entry<String, DType> output : outputs.entrySet()) {
            binding = binding.output(output.getKey(), output.getValue());
        }
        return new KernelCase(kernel, line.strip(), binding, domains, accuracy);
    }

    /** The same of elements of another type where the line says none. */
    KernelCase of(DType elements) {
        return parse(kernel, line, accuracy, elements);
    }

    KernelSpec spec() {
        return kernel.spec();
    }

    TensorProgram program() {
        return Specializer.specialize(kernel.spec(), binding);
    }

    /** The inputs of {@code program}, which is this case's, by name: the same every time. */
    Map<String, HostTensor> inputs(TensorProgram program) {
        SplittableRandom random = new SplittableRandom(toString().hashCode());
        Domain usual = spec().form() == KernelSpec.Form.ELEMENTWISE ? new Domain.Any() : new Domain.Normal();
        Map<String, HostTensor> inputs = new LinkedHashMap<>();
        for (TensorProgram.Declaration input : program.inputs()) {
            Domain domain = domains.getOrDefault(parameter(input.name()), usual);
            inputs.put(input.name(), domain.tensor(input.type(), extents(input.shape()), random));
        }
        return inputs;
    }

    /** Inputs of a variadic parameter have its name and a number. */
    private static String parameter(String input) {
        return input.matches("inputs\\d+") ? "inputs" : input;
    }

    static long[] extents(List<Expr> shape) {
        return shape.stream().mapToLong(e -> ((Expr.IntConst) e).value()).toArray();
    }

    @Override
    public String toString() {
        return spec().shortName() + " " + line;
    }
}
