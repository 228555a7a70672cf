package dev.woodpecker.runtime.vendor;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * A program of one stage that sums the products of elements of two tensors of {@code float}, and then does something to the
 * sum.
 *
 * @param left one of the two reads
 * @param right the other
 */
record SumOfProducts(
        TensorProgram program,
        Stage stage,
        List<Axis> reduced,
        Expr.Read left,
        Expr.Read right,
        Map<String, LayoutMap> layouts,
        Predicate<String> fixed) {
    SumOfProducts {
        reduced = List.copyOf(reduced);
        layouts = Map.copyOf(layouts);
    }

    static Optional<SumOfProducts> of(TensorProgram program, Map<String, LayoutMap> layouts, Predicate<String> fixed) {
        if (program.stages().size() != 1 || program.outputs().size() != 1) {
            return Optional.empty();
        }
        Stage stage = program.stages().getFirst();
        boolean floats =
                stage.type() == DType.F32 && program.inputs().stream().allMatch(input -> input.type() == DType.F32);
        boolean known = stage.axes().stream()
                .allMatch(axis -> IndexMath.constant(axis.extent()).orElse(0) > 0);
        if (floats
                && known
                && stage.reduction().isPresent()
                && stage.reduction().get().op() == ReduceOp.SUM
                && stage.reduction().get().type() == DType.F32
                && stage.reduction().get().body() instanceof Expr.Binary(BinaryOp op, Expr left, Expr right)
                && op == BinaryOp.MUL
                && left instanceof Expr.Read a
                && right instanceof Expr.Read b) {
            List<Axis> reduced = stage.reduction().get().axes();
            return Optional.of(new SumOfProducts(program, stage, reduced, a, b, layouts, fixed));
        }
        return Optional.empty();
    }

    /** With the two reads the other way around. */
    SumOfProducts swapped() {
        return new SumOfProducts(program, stage, reduced, right, left, layouts, fixed);
    }

    static long extent(Expr extent) {
        return IndexMath.constant(extent).orElseThrow();
    }

    /** The extents of a tensor of the program. */
    List<Long> extents(String tensor) {
        List<Expr> shape = tensor.equals(stage.name())
                ? stage.shape()
                : program.input(tensor).orElseThrow().shape();
        return shape.stream().map(SumOfProducts::extent).toList();
    }

    /** How many channels, axis 1, lie together in a tensor; 1 for a row-major one, empty for any other layout. */
    Optional<Integer> block(String tensor) {
        LayoutMap layout = layouts.get(tensor);
        if (layout == null || layout.isRowMajor()) {
            return Optional.of(1);
        }
        int block = Math.toIntExact(layout.rank() < 3 ? 1 : layout.blockOf(1));
        boolean blocked = block > 1
                && extents(tensor).get(1) % block == 0
                && layout.equals(LayoutMap.rowMajor(layout.rank()).blocked(1, block));
        return blocked ? Optional.of(block) : Optional.empty();
    }

    /** A whole tensor as it lies. */
    Optional<VendorTensor> tensor(String name) {
        return block(name).map(block -> VendorTensor.blocked(extents(name), block));
    }

    /** The sum's own steps, and with them the names of the tensors that they read. */
    Optional<Epilogue> epilogue() {
        return Epilogue.of(stage.element(), this::along).map(Epilogue::simplified);
    }

    /** A tensor that is read at the axes of the result, or at 0 where it has one element: along the result's axes. */
    private Optional<VendorTensor> along(Expr.Read read) {
        if (read.outside().isPresent()) {
            return Optional.empty();
        }
        int block = block(read.tensor()).orElse(0);
        if (block != 1) {
            // In blocks like the result, and read as the result is written.
            boolean same = block > 1
                    && extents(read.tensor()).equals(extents(stage.name()))
                    && block(stage.name()).equals(Optional.of(block))
                    && isOwnIndex(read);
            return same ? tensor(read.tensor()) : Optional.empty();
        }
        return strides(read).map(strides -> {
            List<Long> extents = new ArrayList<>();
            List<Long> along = new ArrayList<>();
            for (Axis axis : stage.axes()) {
                Long stride = strides.get(axis.variable());
                extents.add(stride == null ? 1 : extent(axis.extent()));
                along.add(stride == null ? 1 : stride);
            }
            return new VendorTensor(extents, along, 1);
        });
    }

    private boolean isOwnIndex(Expr.Read read) {
        for (int i = 0; i < stage.axes().size(); i++) {
            Axis axis = stage.axes().get(i);
            Expr index = read.indices().get(i);
            boolean only = extent(axis.extent()) == 1 && IndexMath.isConstant(index, 0);
            if (!only && !index.equals(axis.variable())) {
                return false;
            }
        }
        return true;
    }

    /**
     * How far apart in a row-major tensor the elements are that neighbours on an axis read; axes that it does not depend
     * on, and those of one step, are left out. Empty if an index is anything but an axis or 0.
     */
    Optional<Map<Expr, Long>> strides(Expr.Read read) {
        List<Long> extents = extents(read.tensor());
        List<Long> rowMajor = VendorTensor.rowMajor(extents).strides();
        Map<Expr, Long> strides = new HashMap<>();
        for (int i = 0; i < extents.size(); i++) {
            Expr index = read.indices().get(i);
            if (index instanceof Expr.Var variable && axis(variable).isPresent()) {
                if (extent(axis(variable).orElseThrow().extent()) > extents.get(i)) {
                    return Optional.empty();
                }
                strides.merge(variable, rowMajor.get(i), Long::sum);
            } else if (!IndexMath.isConstant(index, 0)) {
                return Optional.empty();
            }
        }
        return Optional.of(strides);
    }

    private Optional<Axis> axis(Expr.Var variable) {
        return stage.axes().stream()
                .filter(axis -> axis.variable().equals(variable))
                .findFirst()
                .or(() -> reduced.stream()
                        .filter(axis -> axis.variable().equals(variable))
                        .findFirst());
    }

    /** Whether an index is, for every value of the two axes, what {@code expected} says. */
    static boolean isEverywhere(Expr index, Optional<Axis> first, Optional<Axis> second, Expected expected) {
        long firsts = first.map(axis -> extent(axis.extent())).orElse(1L);
        long seconds = second.map(axis -> extent(axis.extent())).orElse(1L);
        Map<Expr, Long> values = new HashMap<>();
        for (long i = 0; i < firsts; i++) {
            for (long j = 0; j < seconds; j++) {
                long a = i;
                long b = j;
                first.ifPresent(axis -> values.put(axis.variable(), a));
                second.ifPresent(axis -> values.put(axis.variable(), b));
                OptionalLong value = Evaluation.index(index, values);
                if (value.isEmpty() || value.getAsLong() != expected.at(i, j)) {
                    return false;
                }
            }
        }
        return true;
    }

    @FunctionalInterface
    interface Expected {
        long at(long first, long second);
    }

    /** The value of an index at one point of two axes. */
    static OptionalLong valueAt(Expr index, Optional<Axis> first, long i, Optional<Axis> second, long j) {
        Map<Expr, Long> values = new HashMap<>();
        first.ifPresent(axis -> values.put(axis.variable(), i));
        second.ifPresent(axis -> values.put(axis.variable(), j));
        return Evaluation.index(index, Collections.unmodifiableMap(values));
    }
}
