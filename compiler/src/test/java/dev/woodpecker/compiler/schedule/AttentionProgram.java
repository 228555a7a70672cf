package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One head of attention: y = softmax(q k^T + 1) v, of halves. */
final class AttentionProgram {
    private AttentionProgram() {}

    static TensorProgram of(long queries, long keys, long size) {
        Axis i = axis("i", queries);
        Axis j = axis("j", keys);
        Axis d = axis("d", size);
        Axis e = axis("e", size);
        Stage products = new Stage(
                "p",
                DType.F32,
                List.of(i, j),
                Optional.of(new Stage.Reduction(
                        ReduceOp.SUM,
                        DType.F32,
                        List.of(d),
                        binary(BinaryOp.MUL, widened(half("q", i, d)), widened(half("k", j, d))))),
                new Expr.Accumulator(DType.F32),
                Origin.NONE);
        Stage scores =
                elementwise("s", binary(BinaryOp.ADD, single("p", i, j), new Expr.FloatConst(1, DType.F32)), i, j);
        Stage greatest = reduced("m", ReduceOp.MAX, single("s", i, j), j, i);
        Stage powers = elementwise(
                "w",
                new Expr.Call(MathFunction.EXP, List.of(binary(BinaryOp.SUB, single("s", i, j), single("m", i)))),
                i,
                j);
        Stage total = reduced("t", ReduceOp.SUM, single("w", i, j), j, i);
        Stage weights = elementwise("u", binary(BinaryOp.DIV, single("w", i, j), single("t", i)), i, j);
        Stage y = new Stage(
                "y",
                DType.F16,
                List.of(i, e),
                Optional.of(new Stage.Reduction(
                        ReduceOp.SUM,
                        DType.F32,
                        List.of(j),
                        binary(BinaryOp.MUL, single("u", i, j), widened(half("v", j, e))))),
                new Expr.Cast(DType.F16, new Expr.Accumulator(DType.F32)),
                Origin.NONE);
        return new TensorProgram(
                "attention",
                List.of(input("q", queries, size), input("k", keys, size), input("v", keys, size)),
                List.of(products, scores, greatest, powers, total, weights, y),
                List.of("y"));
    }

    /** The steps of the default schedule up to the first one of this kind. */
    static Step[] upTo(Class<? extends Step> kind, TensorProgram program) {
        List<Step> steps = DefaultSchedule.of(program, Target.parse("cuda:sm_80"), Numerics.FP16, Map.of())
                .steps();
        int last = steps.indexOf(
                steps.stream().filter(kind::isInstance).findFirst().orElseThrow());
        return steps.subList(0, last + 1).toArray(Step[]::new);
    }

    private static Stage elementwise(String name, Expr element, Axis... axes) {
        return new Stage(name, DType.F32, List.of(axes), Optional.empty(), element, Origin.NONE);
    }

    private static Stage reduced(String name, ReduceOp op, Expr body, Axis over, Axis axis) {
        return new Stage(
                name,
                DType.F32,
                List.of(axis),
                Optional.of(new Stage.Reduction(op, DType.F32, List.of(over), body)),
                new Expr.Accumulator(DType.F32),
                Origin.NONE);
    }

    private static Expr binary(BinaryOp op, Expr left, Expr right) {
        return new Expr.Binary(op, left, right);
    }

    private static Expr widened(Expr e) {
        return new Expr.Cast(DType.F32, e);
    }

    private static Expr single(String tensor, Axis... at) {
        return read(tensor, DType.F32, at);
    }

    private static Expr half(String tensor, Axis... at) {
        return read(tensor, DType.F16, at);
    }

    private static Expr read(String tensor, DType type, Axis... at) {
        List<Expr> indices = Arrays.stream(at).<Expr>map(Axis::variable).toList();
        return new Expr.Read(tensor, type, indices, Optional.empty(), Origin.NONE);
    }

    private static Axis axis(String name, long extent) {
        return new Axis(name, Expr.index(extent));
    }

    private static TensorProgram.Declaration input(String name, long rows, long columns) {
        return new TensorProgram.Declaration(name, DType.F16, List.of(Expr.index(rows), Expr.index(columns)));
    }
}
