package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * What a kernel is specialised for: an argument for each parameter, by its name, and element types of outputs where they
 * are not what the inputs make them. An input or attribute that is not bound takes its {@code absent} value.
 *
 * {@snippet :
 * Binding.of("conv1")
 *         .tensor("x", DType.F32, 1, 64, 56, 56)
 *         .tensor("w", DType.F32, 64, 64, 3, 3)
 *         .ints("strides", 1, 1)
 *         .integer("group", 1);
 * }
 *
 * @param name the name of the program
 * @param outputTypes by the name of the output
 */
public record Binding(String name, Map<String, Argument> arguments, Map<String, DType> outputTypes) {
    /** The value of one parameter. */
    public sealed interface Argument {
        /** An input tensor; extents are constants or {@link Expr.Param}s. */
        record Dense(DType type, List<Expr> shape) implements Argument {
            public Dense {
                shape = List.copyOf(shape);
            }

            public static Dense of(DType type, long... shape) {
                return new Dense(type, extents(shape));
            }
        }

        /** A variadic input. */
        record Several(List<Dense> tensors) implements Argument {
            public Several {
                tensors = List.copyOf(tensors);
            }
        }

        /** An optional input that is not there. */
        record Missing() implements Argument {}

        record Ints(List<Long> values) implements Argument {
            public Ints {
                values = List.copyOf(values);
            }
        }

        record Reals(List<Double> values) implements Argument {
            public Reals {
                values = List.copyOf(values);
            }
        }

        record Integer(long value) implements Argument {}

        record Real(double value) implements Argument {}

        record Flag(boolean value) implements Argument {}
    }

    public Binding {
        arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
        outputTypes = Collections.unmodifiableMap(new LinkedHashMap<>(outputTypes));
    }

    /** Nothing bound yet. */
    public static Binding of(String name) {
        return new Binding(name, Map.of(), Map.of());
    }

    public Binding tensor(String parameter, DType type, long... shape) {
        return with(parameter, Argument.Dense.of(type, shape));
    }

    public Binding tensor(String parameter, DType type, List<Expr> shape) {
        return with(parameter, new Argument.Dense(type, shape));
    }

    public Binding tensors(String parameter, Argument.Dense... tensors) {
        return with(parameter, new Argument.Several(Arrays.asList(tensors)));
    }

    public Binding absent(String parameter) {
        return with(parameter, new Argument.Missing());
    }

    public Binding ints(String parameter, long... values) {
        return with(parameter, new Argument.Ints(LongStream.of(values).boxed().toList()));
    }

    public Binding reals(String parameter, double... values) {
        List<Double> boxed = new ArrayList<>();
        for (double value : values) {
            boxed.add(value);
        }
        return with(parameter, new Argument.Reals(boxed));
    }

    public Binding integer(String parameter, long value) {
        return with(parameter, new Argument.Integer(value));
    }

    public Binding real(String parameter, double value) {
        return with(parameter, new Argument.Real(value));
    }

    public Binding flag(String parameter, boolean value) {
        return with(parameter, new Argument.Flag(value));
    }

    /** This binding with the element type of an output. */
    public Binding output(String output, DType type) {
        Map<String, DType> types = new LinkedHashMap<>(outputTypes);
        types.put(output, type);
        return new Binding(name, arguments, types);
    }

    public Binding with(String parameter, Argument argument) {
        Map<String, Argument> changed = new LinkedHashMap<>(arguments);
        changed.put(parameter, argument);
        return new Binding(name, changed, outputTypes);
    }

    private static List<Expr> extents(long... shape) {
        List<Expr> extents = new ArrayList<>();
        for (long extent : shape) {
            extents.add(Expr.index(extent));
        }
        return extents;
    }
}
