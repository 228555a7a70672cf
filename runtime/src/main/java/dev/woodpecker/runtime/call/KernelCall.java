package dev.woodpecker.runtime.call;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.BindingText;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.KernelSpec.Role;
import dev.woodpecker.compiler.expr.SpecializationException;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.graph.Operator;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema;
import dev.woodpecker.runtime.onnx.schema.OperatorSchema.Arity;
import dev.woodpecker.runtime.onnx.schema.OperatorSchemas;
import dev.woodpecker.runtime.plan.program.DeadStages;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** A kernel specialised for shapes and attributes that are given as text. */
public record KernelCall(KernelSpec spec, TensorProgram program) {
    /** How far a kernel came with what it was given: of several that do not fit, those that came furthest are told of. */
    private enum Stage {
        NAMES,
        SHAPES
    }

    /** @param message begins with the kernel, a colon and a space */
    private record Failure(Stage stage, String message) {
        String reason() {
            return message.substring(message.indexOf(": ") + 1);
        }
    }

    private sealed interface Attempt {
        record Fits(KernelCall call) implements Attempt {}

        record Fails(Failure failure) implements Attempt {}
    }

    /**
     * The first of these kernels that takes what is given.
     *
     * @param pairs {@code name=value} as {@link BindingText} reads them; attributes of ONNX operators that are left out
     *     get the values that a model's node without them has
     * @throws IllegalArgumentException if none does, with the reasons of those that come nearest
     */
    public static KernelCall of(List<CompiledKernel> candidates, List<String> pairs) {
        return of(candidates, pairs, DType.F32);
    }

    /** As {@link #of(List, List)}, with inputs of type {@code elements} where a pair names none. */
    public static KernelCall of(List<CompiledKernel> candidates, List<String> pairs, DType elements) {
        List<Failure> failures = new ArrayList<>();
        for (CompiledKernel candidate : candidates) {
            switch (attempt(candidate, pairs, elements)) {
                case Attempt.Fits(KernelCall call) -> {
                    return call;
                }
                case Attempt.Fails(Failure failure) -> failures.add(failure);
            }
        }
        throw new IllegalArgumentException(refusal(failures));
    }

    /** What those say whose parameters were all named, a line for each reason: which was meant, the caller knows. */
    private static String refusal(List<Failure> failures) {
        Map<String, String> byReason = new LinkedHashMap<>();
        failures.stream().filter(failure -> failure.stage() == Stage.SHAPES).forEach(failure -> {
            byReason.putIfAbsent(failure.reason(), failure.message());
        });
        List<String> messages = List.copyOf(byReason.values());
        return switch (messages.size()) {
            case 0 -> failures.getFirst().message();
            case 1 -> messages.getFirst();
            default ->
                "none of the " + failures.size() + " kernels of this name takes what is given:\n  "
                        + String.join("\n  ", messages);
        };
    }

    private static Attempt attempt(CompiledKernel kernel, List<String> pairs, DType elements) {
        KernelSpec spec = kernel.spec();
        String text = String.join(" ", pairs);
        Binding given;
        try {
            given = BindingText.parse(withOptionalAttributes(spec), methodName(spec), text, elements);
            if (isComplete(spec, given) || !isOnnx(spec)) {
                given = BindingText.parse(spec, methodName(spec), text, elements);
            }
        } catch (IllegalArgumentException wrong) {
            return new Attempt.Fails(new Failure(Stage.NAMES, message(wrong)));
        }
        try {
            TensorProgram program = isComplete(spec, given)
                    ? Specializer.specialize(spec, given)
                    : ModelNode.of(kernel, given).program();
            return new Attempt.Fits(new KernelCall(spec, program));
        } catch (SpecializationException | IllegalArgumentException wrong) {
            return new Attempt.Fails(new Failure(Stage.SHAPES, message(wrong)));
        }
    }

    private static String message(RuntimeException failure) {
        return String.valueOf(failure.getMessage());
    }

    private static boolean isOnnx(KernelSpec spec) {
        return OperatorSchemas.find(spec.operator()).isPresent()
                && Operator.onnx(spec.operator()).toString().equals(spec.operator());
    }

    private static boolean isComplete(KernelSpec spec, Binding binding) {
        return spec.parameters().stream()
                .allMatch(p -> p.absent().isPresent() || binding.arguments().containsKey(p.name()));
    }

    private static KernelSpec withOptionalAttributes(KernelSpec spec) {
        List<Parameter> parameters = spec.parameters().stream()
                .map(p -> p.role() == Role.ATTRIBUTE
                        ? new Parameter(
                                p.name(),
                                p.kind(),
                                p.role(),
                                Optional.of(p.absent().orElse("")),
                                p.origin())
                        : p)
                .toList();
        return new KernelSpec(
                spec.name(),
                spec.operator(),
                spec.variant(),
                spec.form(),
                parameters,
                spec.requirements(),
                spec.body(),
                spec.outputs(),
                spec.examples(),
                spec.origin());
    }

    /** What programs and functions are called after: {@code conv2d}. */
    private static String methodName(KernelSpec spec) {
        String name = spec.shortName().replaceAll("\\(.*", "");
        return name.substring(name.indexOf('.') + 1);
    }

    /**
     * The same with these results alone, and without the stages that only others need.
     *
     * @param results in the order of the kernel's; none for those that every node of a model has, where ONNX makes
     *     others optional
     * @throws IllegalArgumentException if the kernel has no such result
     */
    public KernelCall withResults(List<String> results) {
        List<String> names = spec.outputs();
        for (String result : results) {
            if (!names.contains(result)) {
                throw new IllegalArgumentException(
                        spec.shortName() + " has no result '" + result + "'; it has " + String.join(", ", names));
            }
        }
        List<String> kept = IntStream.range(0, names.size())
                .filter(i -> results.isEmpty() ? isRequired(i) : results.contains(names.get(i)))
                .mapToObj(i -> program.outputs().get(i))
                .toList();
        return kept.isEmpty() || kept.size() == program.outputs().size()
                ? this
                : new KernelCall(
                        spec,
                        DeadStages.remove(new TensorProgram(program.name(), program.inputs(), program.stages(), kept)));
    }

    private boolean isRequired(int output) {
        return OperatorSchemas.find(spec.operator())
                .map(OperatorSchema::outputs)
                .filter(formals -> output < formals.size())
                .map(formals -> formals.get(output).arity() != Arity.OPTIONAL)
                .orElse(true);
    }
}
