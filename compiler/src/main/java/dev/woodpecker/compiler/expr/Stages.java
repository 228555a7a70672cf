package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.Value.Scalar;
import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Interval;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Stage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The program while it is built: its stages in dependency order, their names and axes. */
final class Stages {
    private static final long GREATEST_EXTENT = Integer.MAX_VALUE;

    private final Problems problems;
    private final AxisBounds bounds;
    private final Elements elements;
    private final Names names;
    private final Map<String, DType> outputTypes;
    private final List<Stage> stages = new ArrayList<>();
    private final Map<String, Axis> axes = new LinkedHashMap<>();
    private final Reductions reductions;
    /** The name in the program of each output, in order. */
    private final List<String> outputs = new ArrayList<>();
    /** What locals of the kernel that are outputs are called in the program. */
    private final Map<String, String> outputLocals = new HashMap<>();

    private final Set<String> unclaimed = new HashSet<>();

    Stages(
            Problems problems,
            AxisBounds bounds,
            Folding fold,
            Elements elements,
            Names names,
            Map<String, DType> outputTypes) {
        this.problems = problems;
        this.bounds = bounds;
        this.elements = elements;
        this.names = names;
        this.outputTypes = new HashMap<>();
        this.reductions = new Reductions(names, bounds, fold, axes, stages::add);
        for (String output : problems.spec().outputs()) {
            String name = names.fresh(output);
            outputs.add(name);
            unclaimed.add(name);
            Optional.ofNullable(outputTypes.get(output)).ifPresent(type -> this.outputTypes.put(name, type));
        }
        nameLocals(problems.spec().body());
    }

    /** A local that the body ends with is the output itself. */
    private void nameLocals(TensorExpr body) {
        switch (body) {
            case TensorExpr.Let let -> nameLocals(let.body());
            case TensorExpr.Name name -> outputLocals.put(name.name(), outputs.getFirst());
            case TensorExpr.Apply apply
            when apply.op() == Op.OUTPUTS -> {
                for (int i = 0; i < apply.operands().size(); i++) {
                    if (apply.operands().get(i) instanceof TensorExpr.Name name) {
                        outputLocals.putIfAbsent(name.name(), outputs.get(i));
                    }
                }
            }
            case TensorExpr.Apply _,
                    TensorExpr.Build _,
                    TensorExpr.IntLiteral _,
                    TensorExpr.FloatLiteral _,
                    TensorExpr.BoolLiteral _,
                    TensorExpr.TableAt _,
                    TensorExpr.Reduce _,
                    TensorExpr.ArgReduce _,
                    TensorExpr.MapIndex _ -> {}
        }
    }

    /** What a stage that a local names is to be called. */
    String wantedName(String local) {
        return outputLocals.getOrDefault(local, local);
    }

    String firstOutput() {
        return outputs.getFirst();
    }

    /** The name of the output at {@code position} where the body itself lists its outputs. */
    String outputName(int position, String wanted) {
        return wanted.equals(outputs.getFirst()) ? outputs.get(position) : wanted + "_" + position;
    }

    /** Takes a name for a stage. */
    String claim(String wanted) {
        return unclaimed.remove(wanted) ? wanted : names.fresh(wanted);
    }

    void nameReduction(Expr e, String wanted) {
        if (e instanceof Expr.Reduce) {
            reductions.name(e, wanted);
        }
    }

    /** A new axis; its variable's name is {@code wanted} or, where that is taken, close to it. */
    Axis axis(String wanted, Expr extent) {
        Axis axis = new Axis(names.fresh(wanted), extent);
        axes.put(axis.name(), axis);
        bounds.declare(axis);
        return axis;
    }

    /** Checks an extent: of a stage it depends on sizes and attributes alone, of a reduction on indices too. */
    void requireExtent(Expr extent, boolean reduction, String axis, Origin origin) {
        if (extent.anyMatch(
                e -> e instanceof Expr.Read || e instanceof Expr.Reduce || !reduction && e instanceof Expr.Var)) {
            throw problems.at(
                    origin,
                    "the extent of axis " + axis + " depends on " + (reduction ? "elements" : "indices or elements")
                            + "; it may depend on sizes and attributes"
                            + (reduction ? ", and in a reduction on indices" : " only"));
        }
        Interval range = bounds.of(extent);
        if (range.max() == Long.MAX_VALUE) {
            throw problems.at(origin, "the extent of axis " + axis + " has no upper bound");
        }
        if (range.max() < 0) {
            throw problems.at(origin, "the extent of axis " + axis + " is negative: " + range.max());
        }
        if (range.min() > GREATEST_EXTENT) {
            throw problems.at(origin, "the extent of axis " + axis + " is " + range.min() + ", above 2^31 - 1");
        }
    }

    /** Adds a stage with this element, and before it those of the reductions that it does not keep. */
    Value.Tensor add(String name, Kind kind, List<Axis> stageAxes, Scalar element, Origin origin) {
        requireClosed(stageAxes, element.expr(), origin);
        requireElements(stageAxes, origin);
        boolean isOutput = outputs.contains(name);
        DType type =
                isOutput ? Optional.ofNullable(outputTypes.get(name)).orElse(element.stored()) : elements.kept(element);
        Stage stage = reductions.place(name, type, stageAxes, elements.stored(element, type, origin), origin);
        stages.add(stage);
        DType stored = isOutput ? type : element.stored();
        return new Value.Tensor(name, kind, type, stored, element.weak(), stage.shape());
    }

    /** The outputs' names, with a copy where an output is an input, another output or of another type than asked for. */
    List<String> finish(List<Value> results, Accesses accesses) {
        List<String> finished = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            if (!(results.get(i) instanceof Value.Tensor result)) {
                throw problems.at(
                        Origin.NONE,
                        "output " + problems.spec().outputs().get(i) + " is no tensor that the kernel builds");
            }
            DType type = Optional.ofNullable(outputTypes.get(outputs.get(i))).orElse(result.stored());
            boolean isStage = stages.stream().anyMatch(stage -> stage.name().equals(result.name()));
            boolean asIs = isStage && type == result.type() && !finished.contains(result.name());
            finished.add(asIs ? result.name() : copy(claim(outputs.get(i)), result, accesses));
        }
        return finished;
    }

    private String copy(String name, Value.Tensor from, Accesses accesses) {
        List<Axis> copyAxes = new ArrayList<>();
        List<Expr> at = new ArrayList<>();
        for (Expr extent : from.shape()) {
            Axis axis = axis("i" + at.size(), extent);
            copyAxes.add(axis);
            at.add(axis.variable());
        }
        return add(name, from.kind(), copyAxes, accesses.at(from, at, Origin.NONE), Origin.NONE)
                .name();
    }

    List<Stage> all() {
        return stages;
    }

    private void requireClosed(List<Axis> stageAxes, Expr element, Origin origin) {
        Set<String> bound = new HashSet<>();
        stageAxes.forEach(axis -> bound.add(axis.name()));
        element.anyMatch(e -> {
            if (e instanceof Expr.Reduce reduce) {
                reduce.axes().forEach(axis -> bound.add(axis.name()));
            }
            return false;
        });
        element.anyMatch(e -> {
            if (e instanceof Expr.Var v && !bound.contains(v.name())) {
                throw problems.at(
                        origin,
                        "a tensor inside a lambda depends on the lambda's index " + v.name()
                                + "; build it outside, with an axis for that index");
            }
            return false;
        });
    }

    private void requireElements(List<Axis> stageAxes, Origin origin) {
        long elementCount = 1;
        for (Axis axis : stageAxes) {
            long extent = Math.max(1, bounds.of(axis.extent()).max());
            if (Math.multiplyHigh(elementCount, extent) != 0
                    || elementCount * extent < 0
                    || elementCount * extent > Long.MAX_VALUE / 8) {
                throw problems.at(
                        origin,
                        "a tensor of shape "
                                + IndexOperations.text(
                                        stageAxes.stream().map(Axis::extent).toList())
                                + " has more elements than can be addressed");
            }
            elementCount *= extent;
        }
    }
}
