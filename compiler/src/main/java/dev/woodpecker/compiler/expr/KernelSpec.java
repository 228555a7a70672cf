package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.Origin;
import java.util.List;
import java.util.Optional;

/**
 * A kernel as its Java method defines it.
 *
 * @param name the method, fully qualified: {@code dev.woodpecker.kernels.Convolution.conv2d}; an overload adds its
 *     parameter kinds in parentheses
 * @param operator the operator that it implements, {@code Conv} or {@code com.acme::Gate}; empty for a building block
 * @param variant tells algorithms for one operator apart; empty for the only one
 * @param requirements conditions on shapes and attributes under which the kernel applies
 * @param outputs one name a result, in ONNX order
 */
public record KernelSpec(
        String name,
        String operator,
        String variant,
        Form form,
        List<Parameter> parameters,
        List<TensorExpr> requirements,
        TensorExpr body,
        List<String> outputs,
        List<String> examples,
        Origin origin) {
    /** Whether the method maps tensors to tensors, or elements to an element (broadcasting like NumPy). */
    public enum Form {
        TENSOR,
        ELEMENTWISE
    }

    /** How a parameter gets its value. */
    public enum Role {
        INPUT,
        ATTRIBUTE
    }

    /**
     * A parameter; {@code absent} is the neutral value of an input that may be missing, or an attribute's default as text
     * ({@code 1}, {@code 0.01}, {@code 1,1}).
     */
    public record Parameter(String name, Kind kind, Role role, Optional<String> absent, Origin origin) {}

    public KernelSpec {
        parameters = List.copyOf(parameters);
        requirements = List.copyOf(requirements);
        outputs = List.copyOf(outputs);
        examples = List.copyOf(examples);
    }

    public List<Parameter> inputs() {
        return parameters.stream().filter(p -> p.role() == Role.INPUT).toList();
    }

    public List<Parameter> attributes() {
        return parameters.stream().filter(p -> p.role() == Role.ATTRIBUTE).toList();
    }

    /** The class and method alone: {@code Convolution.conv2d}. */
    public String shortName() {
        int method = name.lastIndexOf('.', name.indexOf('(') < 0 ? name.length() : name.indexOf('('));
        int type = name.lastIndexOf('.', method - 1);
        return name.substring(type + 1);
    }
}
