package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * How much a program computes and moves, counted from its definition, whatever the schedule.
 *
 * @param flops arithmetic on elements, of integers too; a multiply-add is two, a call of a function one
 * @param multiplyAdds points of sums of products: what is published as a network's MACs
 * @param bytes of inputs and outputs, each once
 */
public record Cost(long flops, long multiplyAdds, long bytes) {
    public static final Cost NONE = new Cost(0, 0, 0);

    /** Four products and their three sums. */
    private static final long OPERATIONS_OF_DOT4 = 7;

    public static Cost of(TensorProgram program) {
        long flops = 0;
        long multiplyAdds = 0;
        for (Stage stage : program.stages()) {
            long elements = points(stage.axes());
            flops = add(flops, times(elements, operations(stage.element())));
            if (stage.reduction().isPresent()) {
                Stage.Reduction reduction = stage.reduction().get();
                long points = times(elements, points(reduction.axes()));
                flops = add(flops, times(points, operations(reduction.body()) + 1));
                multiplyAdds = add(multiplyAdds, times(points, productsOf(reduction)));
            }
        }
        long bytes = 0;
        for (TensorProgram.Declaration input : program.inputs()) {
            bytes = add(bytes, times(elements(input.shape()), input.type().bytes()));
        }
        for (String output : program.outputs()) {
            Stage stage = program.stage(output).orElseThrow();
            bytes = add(bytes, times(points(stage.axes()), stage.type().bytes()));
        }
        return new Cost(flops, multiplyAdds, bytes);
    }

    public Cost plus(Cost other) {
        return new Cost(add(flops, other.flops), add(multiplyAdds, other.multiplyAdds), add(bytes, other.bytes));
    }

    /** How many products a point of the reduction adds up. */
    private static long productsOf(Stage.Reduction reduction) {
        if (reduction.op() != ReduceOp.SUM || !(strip(reduction.body()) instanceof Expr.Binary b)) {
            return 0;
        }
        return b.op() == BinaryOp.DOT4 ? 4 : b.op() == BinaryOp.MUL ? 1 : 0;
    }

    private static Expr strip(Expr e) {
        return e instanceof Expr.Cast(DType _, Expr operand) ? strip(operand) : e;
    }

    private static long operations(Expr e) {
        return operations(e, Collections.newSetFromMap(new IdentityHashMap<>()));
    }

    /** Arithmetic below {@code e} on elements; that on indices is the schedule's to make disappear. */
    private static long operations(Expr e, Set<Expr> seen) {
        if (!seen.add(e) || e instanceof Expr.Read || e instanceof Expr.TableEntry) {
            return 0;
        }
        long own = switch (e) {
            case Expr.Binary b -> isOfElements(b) ? operations(b.op()) : 0;
            case Expr.Unary u -> isOfElements(u) ? 1 : 0;
            case Expr.Call _ -> 1;
            case Expr.IntConst _,
                    Expr.FloatConst _,
                    Expr.Var _,
                    Expr.Param _,
                    Expr.Accumulator _,
                    Expr.Cast _,
                    Expr.Bitcast _,
                    Expr.Select _,
                    Expr.Read _,
                    Expr.Reduce _,
                    Expr.Load _,
                    Expr.TableEntry _,
                    Expr.Ramp _,
                    Expr.Broadcast _,
                    Expr.Extract _ -> 0;
        };
        for (Expr operand : e.operands()) {
            own += operations(operand, seen);
        }
        return own;
    }

    private static long operations(BinaryOp op) {
        return op.isComparison() ? 0 : op == BinaryOp.DOT4 ? OPERATIONS_OF_DOT4 : 1;
    }

    /** Integers may be elements or indices: what comes from no tensor is an index. */
    private static boolean isOfElements(Expr e) {
        Expr operand = e.operands().getFirst();
        return operand.type().isFloat() || hasElements(e);
    }

    private static boolean hasElements(Expr e) {
        return e instanceof Expr.Read
                || e instanceof Expr.Accumulator
                || e instanceof Expr.Reduce
                || e.operands().stream().anyMatch(Cost::hasElements);
    }

    static long points(List<Axis> axes) {
        return elements(axes.stream().map(Axis::extent).toList());
    }

    /** The product of the extents; one that depends on an index counts as 1. */
    static long elements(List<Expr> extents) {
        long product = 1;
        for (Expr extent : extents) {
            product = times(product, IndexMath.constant(extent).orElse(1));
        }
        return product;
    }

    private static long add(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    private static long times(long a, long b) {
        return Math.multiplyHigh(a, b) != 0 || a * b < 0 ? Long.MAX_VALUE : a * b;
    }
}
