package dev.woodpecker.runtime.plan.binding;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.compiler.expr.KernelProvider.CompiledKernel;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.runtime.NdArray;
import dev.woodpecker.runtime.plan.program.DeadStages;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A kernel whose parameters a call can fill.
 *
 * @param inputs the graph's values for the program's inputs, in order
 * @param mismatches how many element types the kernel is not written for: a kernel that moves floats moves integers too,
 *     but one for integers is closer
 */
record KernelMatch(NodeCall call, CompiledKernel kernel, Binding binding, List<String> inputs, int mismatches) {
    /** Whether a kernel's parameters fit a call. */
    sealed interface Result {
        record Fits(KernelMatch match) implements Result {}

        record Unfit(String reason) implements Result {}
    }

    static Result of(CompiledKernel kernel, NodeCall call, Values values) {
        return new Matching(kernel, call, values).match();
    }

    /**
     * The kernel specialised; outputs that the node does not have, and stages that only they need, are left out.
     *
     * @throws dev.woodpecker.compiler.expr.SpecializationException if shapes, types or attributes do not fit
     */
    BoundKernel specialize() {
        TensorProgram program = Specializer.specialize(kernel.spec(), binding);
        List<String> names = new ArrayList<>();
        List<String> values = new ArrayList<>();
        for (int i = 0; i < program.outputs().size(); i++) {
            Optional<String> value = call.node().outputName(i);
            if (value.isPresent()) {
                names.add(program.outputs().get(i));
                values.add(value.get());
            }
        }
        TensorProgram needed = names.size() == program.outputs().size()
                ? program
                : DeadStages.remove(
                        new TensorProgram(program.name(), program.inputs(), program.stages(), List.copyOf(names)));
        return new BoundKernel(call.node(), kernel, binding, needed, inputs, values);
    }

    /** Fills one kernel's parameters. */
    private static final class Matching {
        private final CompiledKernel kernel;
        private final KernelSpec spec;
        private final NodeCall call;
        private final Values values;
        private final Map<String, NodeCall.Input> inputs;
        private final Map<String, Argument> attributes;
        private final Map<String, Argument> arguments = new LinkedHashMap<>();
        private final List<String> bound = new ArrayList<>();
        private int mismatches;

        Matching(CompiledKernel kernel, NodeCall call, Values values) {
            this.kernel = kernel;
            this.spec = kernel.spec();
            this.call = call;
            this.values = values;
            this.inputs = new LinkedHashMap<>(call.inputs());
            this.attributes = new LinkedHashMap<>(call.attributes());
        }

        Result match() {
            Optional<String> problem = outputs().or(this::attributes).or(this::inputs);
            if (problem.isPresent()) {
                return new Result.Unfit(spec.shortName() + ": " + problem.get());
            }
            Binding binding = new Binding(name(), arguments, outputTypes());
            return new Result.Fits(
                    new KernelMatch(call, kernel, binding, Collections.unmodifiableList(bound), mismatches));
        }

        /** Kernels of one shape and type are one kernel, whatever their node is called. */
        private String name() {
            String method = spec.shortName().replaceAll("\\(.*", "");
            return method.substring(method.indexOf('.') + 1);
        }

        private Optional<String> outputs() {
            if (call.node().outputs().size() > spec.outputs().size()) {
                return Optional.of("it has " + spec.outputs().size() + " outputs and the node "
                        + call.node().outputs().size());
            }
            // One that computes what nobody reads is farther than any that does not.
            mismatches += 100 * (spec.outputs().size() - call.node().outputs().size());
            if (call.outputTypes().get(0) instanceof DType wanted) {
                mismatches += distance(elementKind(spec.body().kind()), wanted);
            }
            return Optional.empty();
        }

        private Map<String, DType> outputTypes() {
            Map<String, DType> types = new LinkedHashMap<>();
            call.outputTypes()
                    .forEach((position, type) -> types.put(spec.outputs().get(position), type));
            return types;
        }

        private Optional<String> attributes() {
            Set<String> unused = new HashSet<>(attributes.keySet());
            for (Parameter parameter : spec.attributes()) {
                if (inputs.containsKey(parameter.name())) {
                    Optional<NdArray> elements = ConstantInputs.elements(call, values, parameter.name());
                    inputs.remove(parameter.name());
                    elements.ifPresent(array -> attributes.put(
                            parameter.name(), ConstantInputs.asArgument(array, isList(parameter.kind()))));
                }
                Argument argument = attributes.get(parameter.name());
                if (argument == null) {
                    if (parameter.absent().isEmpty()) {
                        return Optional.of("attribute " + parameter.name() + " is missing");
                    }
                    continue;
                }
                unused.remove(parameter.name());
                boolean converts = parameter.kind() == Kind.FLOAT && argument instanceof Argument.Integer
                        || parameter.kind() == Kind.INT && argument instanceof Argument.Real;
                mismatches += converts ? 1 : 0;
                arguments.put(parameter.name(), converts ? converted(argument) : argument);
            }
            unused.removeIf(attribute -> AttributeEffects.isOfSomeKernels(call.operator(), attribute));
            return unused.isEmpty()
                    ? Optional.empty()
                    : Optional.of("it does not know attribute " + String.join(", ", unused));
        }

        /** An int for a float, or a float without a fraction for an int. */
        private static Argument converted(Argument argument) {
            return argument instanceof Argument.Real(double value) && value == Math.rint(value)
                    ? new Argument.Integer((long) value)
                    : argument instanceof Argument.Integer(long value) ? new Argument.Real(value) : argument;
        }

        private Optional<String> inputs() {
            List<NodeCall.Input> left = new ArrayList<>(inputs.values());
            for (Parameter parameter : spec.inputs()) {
                NodeCall.Input input = left.isEmpty() ? new NodeCall.Input.Absent() : left.removeFirst();
                Optional<String> problem = input(parameter, input, left);
                if (problem.isPresent()) {
                    return problem;
                }
            }
            boolean tooMany = left.stream().anyMatch(input -> !(input instanceof NodeCall.Input.Absent));
            return tooMany ? Optional.of("it takes " + spec.inputs().size() + " inputs") : Optional.empty();
        }

        private Optional<String> input(Parameter parameter, NodeCall.Input input, List<NodeCall.Input> following) {
            switch (input) {
                case NodeCall.Input.Absent _ -> {
                    if (parameter.absent().isEmpty() || parameter.kind() == Kind.TENSOR_LIST) {
                        return Optional.of("input " + parameter.name() + " is missing");
                    }
                    arguments.put(parameter.name(), new Argument.Missing());
                    return Optional.empty();
                }
                case NodeCall.Input.Tensor tensor
                when parameter.kind() == Kind.TENSOR_LIST -> {
                    List<NodeCall.Input.Tensor> list = new ArrayList<>(List.of(tensor));
                    while (!following.isEmpty() && following.removeFirst() instanceof NodeCall.Input.Tensor next) {
                        list.add(next);
                    }
                    return several(parameter, list);
                }
                case NodeCall.Input.Several several
                when parameter.kind() == Kind.TENSOR_LIST -> {
                    return several(parameter, several.tensors());
                }
                case NodeCall.Input.Several several -> {
                    // An operator of any number of inputs, and a kernel with a parameter for each.
                    if (several.tensors().isEmpty()) {
                        return input(parameter, new NodeCall.Input.Absent(), following);
                    }
                    following.addAll(
                            0, several.tensors().subList(1, several.tensors().size()));
                    return input(parameter, several.tensors().getFirst(), following);
                }
                case NodeCall.Input.Tensor tensor -> {
                    return dense(parameter, tensor)
                            .map(argument -> {
                                arguments.put(parameter.name(), argument);
                                return Optional.<String>empty();
                            })
                            .orElseGet(() -> Optional.of(wrongType(parameter, tensor)));
                }
            }
        }

        private Optional<String> several(Parameter parameter, List<NodeCall.Input.Tensor> tensors) {
            List<Argument.Dense> list = new ArrayList<>();
            for (NodeCall.Input.Tensor tensor : tensors) {
                Optional<Argument.Dense> argument = dense(parameter, tensor);
                if (argument.isEmpty()) {
                    return Optional.of(wrongType(parameter, tensor));
                }
                list.add(argument.get());
            }
            arguments.put(parameter.name(), new Argument.Several(list));
            return Optional.empty();
        }

        private Optional<Argument.Dense> dense(Parameter parameter, NodeCall.Input.Tensor tensor) {
            DType type = tensor.type().element();
            Kind kind = elementKind(parameter.kind());
            boolean taken = switch (kind) {
                case INT -> type.isInteger();
                case BOOL -> type == DType.BOOL;
                default -> true;
            };
            if (!taken) {
                return Optional.empty();
            }
            mismatches += distance(kind, type);
            bound.add(tensor.value());
            List<Expr> shape = new ArrayList<>();
            for (int extent : tensor.shape()) {
                shape.add(Expr.index(extent));
            }
            return Optional.of(new Argument.Dense(type, shape));
        }

        private static String wrongType(Parameter parameter, NodeCall.Input.Tensor tensor) {
            return "input " + parameter.name() + " takes no "
                    + tensor.type().element().text();
        }

        private static int distance(Kind kind, DType type) {
            boolean close = switch (kind) {
                case INT -> type.isInteger();
                case BOOL -> type == DType.BOOL;
                default -> type.isFloat();
            };
            return close ? 0 : 1;
        }

        private static boolean isList(Kind kind) {
            return kind == Kind.INT_ARRAY || kind == Kind.FLOAT_ARRAY || kind == Kind.INDEX;
        }

        private static Kind elementKind(Kind kind) {
            return switch (kind) {
                case INT, INT_TENSOR -> Kind.INT;
                case BOOL, MASK_TENSOR -> Kind.BOOL;
                case FLOAT, FLOAT_TENSOR, TENSOR_LIST, TENSORS, INDEX, INT_ARRAY, FLOAT_ARRAY -> Kind.FLOAT;
            };
        }
    }
}
