package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.Binding.Argument;
import dev.woodpecker.compiler.expr.KernelSpec.Form;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.KernelSpec.Role;
import dev.woodpecker.compiler.expr.Value.Scalar;
import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.ir.TensorProgram.Declaration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a kernel into a program for given types, shapes and attributes, by partial evaluation.
 *
 * <pre>
 * matmul(a, b), a: f32[64, 512], b: f32[512, 10]
 *   ->  y[i in 64, j in 10] = sum[k in 512](a[i, k] * b[k, j])
 * </pre>
 */
public final class Specializer {
    private final Problems problems;
    private final Binding binding;
    private final AxisBounds bounds = new AxisBounds();
    private final Folding fold = new Folding(bounds);
    private final Names names = new Names();
    private final List<Declaration> inputs = new ArrayList<>();
    private final Elements elements;

    private Specializer(KernelSpec spec, Binding binding) {
        this.problems = new Problems(spec);
        this.binding = binding;
        this.elements = new Elements(fold, bounds, problems, floatType(binding));
    }

    /**
     * The program of {@code spec} for {@code binding}. Its inputs are the bound tensors in the order of the parameters, a
     * variadic one as {@code xs0, xs1, ...}; its outputs are in the order of the kernel's.
     *
     * @throws RequirementNotMet if this variant of the kernel does not apply
     * @throws SpecializationException if types, shapes or attributes do not fit the kernel
     */
    public static TensorProgram specialize(KernelSpec spec, Binding binding) {
        return new Specializer(spec, binding).specialize();
    }

    private TensorProgram specialize() {
        KernelSpec spec = problems.spec();
        requireKnown(spec);
        binding.arguments().values().forEach(this::reserve);
        Map<String, Value> values = new LinkedHashMap<>();
        for (Parameter parameter : spec.parameters()) {
            values.put(parameter.name(), parameter.role() == Role.INPUT ? input(parameter) : attribute(parameter));
        }
        Stages stages = new Stages(problems, bounds, fold, elements, names, binding.outputTypes());
        Evaluator evaluator = new Evaluator(problems, bounds, fold, elements, stages);
        values.forEach(evaluator::bind);
        List<String> outputs =
                spec.form() == Form.ELEMENTWISE ? elementwise(evaluator, stages, values) : tensors(evaluator, stages);
        return new TensorProgram(binding.name(), inputs, stages.all(), outputs);
    }

    private List<String> tensors(Evaluator evaluator, Stages stages) {
        requireAll(evaluator);
        Value result = evaluator.evaluate(problems.spec().body(), stages.firstOutput());
        List<Value> results = result instanceof Value.Tensors(List<Value> several) ? several : List.of(result);
        if (results.size() != problems.spec().outputs().size()) {
            throw problems.at(
                    Origin.NONE,
                    "the body gives " + results.size() + " tensors for "
                            + problems.spec().outputs().size() + " outputs");
        }
        return stages.finish(results, evaluator.accesses());
    }

    /** Every input is read at its place in the shape that all of them broadcast to. */
    private List<String> elementwise(Evaluator evaluator, Stages stages, Map<String, Value> values) {
        KernelSpec spec = problems.spec();
        List<Expr> shape = List.of();
        for (Declaration input : inputs) {
            try {
                shape = IndexOperations.broadcast(shape, input.shape());
            } catch (IllegalArgumentException wrong) {
                throw problems.at(Origin.NONE, "input " + input.name() + ": " + wrong.getMessage());
            }
        }
        String name = stages.claim(stages.firstOutput());
        List<Axis> axes = new ArrayList<>();
        List<Expr> at = new ArrayList<>();
        for (Expr extent : shape) {
            Axis axis = stages.axis("i" + at.size(), extent);
            axes.add(axis);
            at.add(Folding.isConstant(extent, 1) ? Expr.index(0) : axis.variable());
        }
        for (Parameter parameter : spec.inputs()) {
            Value tensor = Optional.ofNullable(values.get(parameter.name())).orElseThrow();
            List<Expr> own = evaluator.accesses().shape(tensor);
            evaluator.bind(
                    parameter.name(),
                    evaluator.accesses().at(tensor, IndexOperations.within(at, own), parameter.origin()));
        }
        requireAll(evaluator);
        Scalar element = evaluator.accesses().within(axes, () -> evaluator.scalar(spec.body()));
        return List.of(
                stages.add(name, element.kind(), axes, element, spec.origin()).name());
    }

    private void requireAll(Evaluator evaluator) {
        for (TensorExpr requirement : problems.spec().requirements()) {
            Expr condition = evaluator.scalar(requirement).expr();
            if (!Expr.TRUE.equals(condition)) {
                Origin origin = requirement instanceof TensorExpr.Apply apply ? apply.origin() : Origin.NONE;
                String text = KernelText.print(problems.spec(), requirement);
                throw problems.requirement(
                        origin, text + (condition instanceof Expr.IntConst ? "" : ", which run-time sizes leave open"));
            }
        }
    }

    private Value input(Parameter parameter) {
        Argument argument =
                Optional.ofNullable(binding.arguments().get(parameter.name())).orElse(new Argument.Missing());
        return switch (argument) {
            case Argument.Dense dense
            when parameter.kind() != Kind.TENSOR_LIST -> declare(parameter, parameter.name(), dense);
            case Argument.Several(List<Argument.Dense> several)
            when parameter.kind() == Kind.TENSOR_LIST -> {
                List<Value> tensors = new ArrayList<>();
                for (Argument.Dense dense : several) {
                    tensors.add(declare(parameter, parameter.name() + tensors.size(), dense));
                }
                yield new Value.Tensors(tensors);
            }
            case Argument.Missing _ -> {
                String neutral = parameter
                        .absent()
                        .orElseThrow(() -> problems.of(parameter, "is a required input and is not bound"));
                yield new Value.Absent(neutral(parameter, neutral));
            }
            case Argument.Dense _,
                    Argument.Several _,
                    Argument.Ints _,
                    Argument.Reals _,
                    Argument.Integer _,
                    Argument.Real _,
                    Argument.Flag _ ->
                throw problems.of(parameter, "of type " + parameter.kind().text() + " is bound to " + text(argument));
        };
    }

    private Value declare(Parameter parameter, String wanted, Argument.Dense dense) {
        DType type = dense.type();
        Kind kind = elementKind(parameter.kind());
        boolean fits = switch (kind) {
            case INT -> type.isInteger();
            case BOOL -> type == DType.BOOL;
            default -> true;
        };
        if (!fits) {
            throw problems.of(
                    parameter,
                    "of type " + parameter.kind().text() + " is bound to a tensor of " + type.text() + "; allowed: "
                            + (kind == Kind.INT ? "integer types" : "bool"));
        }
        for (Expr extent : dense.shape()) {
            if (bounds.of(extent).min() < 0) {
                throw problems.of(parameter, "has a negative extent: shape " + IndexOperations.text(dense.shape()));
            }
        }
        String name = names.fresh(wanted);
        inputs.add(new Declaration(name, type, dense.shape()));
        return new Value.Tensor(name, kind, type, type, false, dense.shape());
    }

    private Scalar neutral(Parameter parameter, String text) {
        double value = number(parameter, text);
        return switch (elementKind(parameter.kind())) {
            case INT -> Scalar.index(Expr.index((long) value));
            case BOOL -> Scalar.bool(value != 0 ? Expr.TRUE : Expr.FALSE);
            default -> elements.literal(value);
        };
    }

    private Value attribute(Parameter parameter) {
        Argument argument = Optional.ofNullable(binding.arguments().get(parameter.name()))
                .orElseGet(() -> AttributeText.parse(
                        parameter,
                        parameter
                                .absent()
                                .orElseThrow(() ->
                                        problems.of(parameter, "is an attribute without a default and is not bound"))));
        return switch (argument) {
            case Argument.Integer(long value) when parameter.kind() == Kind.INT -> Scalar.index(Expr.index(value));
            case Argument.Integer(long value) when parameter.kind() == Kind.FLOAT -> elements.literal((double) value);
            case Argument.Integer(long value)
            when parameter.kind() == Kind.BOOL -> Scalar.bool(value != 0 ? Expr.TRUE : Expr.FALSE);
            case Argument.Real(double value) when parameter.kind() == Kind.FLOAT -> elements.literal(value);
            case Argument.Flag(boolean value)
            when parameter.kind() == Kind.BOOL -> Scalar.bool(value ? Expr.TRUE : Expr.FALSE);
            case Argument.Ints(List<Long> values)
            when parameter.kind() == Kind.INT_ARRAY || parameter.kind() == Kind.INDEX ->
                new Value.Ints(
                        values.stream().map(value -> (Expr) Expr.index(value)).toList());
            case Argument.Reals(List<Double> values)
            when parameter.kind() == Kind.FLOAT_ARRAY ->
                new Value.Reals(values.stream().map(elements::literal).toList());
            case Argument.Dense _,
                    Argument.Several _,
                    Argument.Missing _,
                    Argument.Ints _,
                    Argument.Reals _,
                    Argument.Integer _,
                    Argument.Real _,
                    Argument.Flag _ ->
                throw problems.of(parameter, "of type " + parameter.kind().text() + " is bound to " + text(argument));
        };
    }

    private double number(Parameter parameter, String text) {
        try {
            return switch (text) {
                case "true" -> 1;
                case "false" -> 0;
                default -> Double.parseDouble(text);
            };
        } catch (NumberFormatException wrong) {
            throw problems.of(parameter, "has the absent value '" + text + "', which is no number");
        }
    }

    /** Names that run-time sizes have are not given to axes. */
    private void reserve(Argument argument) {
        switch (argument) {
            case Argument.Dense dense ->
                dense.shape()
                        .forEach(extent -> extent.anyMatch(e -> {
                            if (e instanceof Expr.Param p) {
                                names.reserve(p.name());
                            }
                            return false;
                        }));
            case Argument.Several(List<Argument.Dense> several) -> several.forEach(this::reserve);
            case Argument.Missing _,
                    Argument.Ints _,
                    Argument.Reals _,
                    Argument.Integer _,
                    Argument.Real _,
                    Argument.Flag _ -> {}
        }
    }

    private void requireKnown(KernelSpec spec) {
        for (String name : binding.arguments().keySet()) {
            if (spec.parameters().stream()
                    .noneMatch(parameter -> parameter.name().equals(name))) {
                throw problems.at(
                        Origin.NONE,
                        "has no parameter '" + name + "'; its parameters: "
                                + String.join(
                                        ", ",
                                        spec.parameters().stream()
                                                .map(Parameter::name)
                                                .toList()));
            }
        }
        for (String name : binding.outputTypes().keySet()) {
            if (!spec.outputs().contains(name)) {
                throw problems.at(
                        Origin.NONE, "has no output '" + name + "'; its outputs: " + String.join(", ", spec.outputs()));
            }
        }
    }

    private static Kind elementKind(Kind parameter) {
        return switch (parameter) {
            case INT, INT_TENSOR -> Kind.INT;
            case BOOL, MASK_TENSOR -> Kind.BOOL;
            case FLOAT, FLOAT_TENSOR, TENSOR_LIST, TENSORS, INDEX, INT_ARRAY, FLOAT_ARRAY -> Kind.FLOAT;
        };
    }

    /** fp64 where a tensor has that type, else fp32. */
    private static DType floatType(Binding binding) {
        boolean wide = binding.outputTypes().containsValue(DType.F64)
                || binding.arguments().values().stream().anyMatch(Specializer::isWide);
        return wide ? DType.F64 : DType.F32;
    }

    private static boolean isWide(Argument argument) {
        return switch (argument) {
            case Argument.Dense dense -> dense.type() == DType.F64;
            case Argument.Several(List<Argument.Dense> several) ->
                several.stream().anyMatch(Specializer::isWide);
            case Argument.Missing _,
                    Argument.Ints _,
                    Argument.Reals _,
                    Argument.Integer _,
                    Argument.Real _,
                    Argument.Flag _ -> false;
        };
    }

    private static String text(Argument argument) {
        return switch (argument) {
            case Argument.Dense _ -> "a tensor";
            case Argument.Several _ -> "several tensors";
            case Argument.Missing _ -> "nothing";
            case Argument.Ints _ -> "a list of ints";
            case Argument.Reals _ -> "a list of floats";
            case Argument.Integer _ -> "an int";
            case Argument.Real _ -> "a float";
            case Argument.Flag _ -> "a boolean";
        };
    }
}
