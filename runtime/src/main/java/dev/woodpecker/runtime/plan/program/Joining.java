package dev.woodpecker.runtime.plan.program;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A program that puts its inputs beside each other and does nothing else.
 *
 * <pre>
 * y[i, j] = j &lt; 16 ? a[i, j] : b[i, j - 16]      ->      axis 1, a at 0, b at 16
 * </pre>
 *
 * @param axis along which
 * @param starts where each input begins, in the order of the program's inputs
 */
public record Joining(int axis, List<Long> starts) {
    public Joining {
        starts = List.copyOf(starts);
    }

    /** The program as such, if it is one. */
    public static Optional<Joining> of(TensorProgram program) {
        if (program.stages().size() != 1
                || program.inputs().size() < 2
                || program.stages().getFirst().reduction().isPresent()) {
            return Optional.empty();
        }
        Stage stage = program.stages().getFirst();
        int axis = axis(stage);
        List<String> read = new ArrayList<>();
        List<Long> starts = new ArrayList<>();
        Expr rest = stage.element();
        long start = 0;
        while (axis >= 0 && rest instanceof Expr.Select select) {
            OptionalLong end = end(select.condition(), stage.axes().get(axis));
            boolean fits = end.isPresent()
                    && select.whenTrue() instanceof Expr.Read piece
                    && isPiece(program, stage, piece, axis, start, end.getAsLong());
            if (!fits) {
                return Optional.empty();
            }
            read.add(((Expr.Read) select.whenTrue()).tensor());
            starts.add(start);
            start = end.getAsLong();
            rest = select.whenFalse();
        }
        boolean complete = axis >= 0
                && rest instanceof Expr.Read last
                && isPiece(
                        program,
                        stage,
                        last,
                        axis,
                        start,
                        extent(stage.axes().get(axis).extent()));
        if (!complete) {
            return Optional.empty();
        }
        read.add(((Expr.Read) rest).tensor());
        starts.add(start);
        Set<String> distinct = new HashSet<>(read);
        if (distinct.size() != read.size() || read.size() != program.inputs().size()) {
            return Optional.empty();
        }
        return Optional.of(new Joining(
                axis,
                program.inputs().stream()
                        .map(input -> starts.get(read.indexOf(input.name())))
                        .toList()));
    }

    /** The axis that the first condition asks for; -1 if there is none. */
    private static int axis(Stage stage) {
        if (stage.element() instanceof Expr.Select select
                && select.condition() instanceof Expr.Binary(BinaryOp _, Expr.Var variable, Expr _)) {
            for (int i = 0; i < stage.axes().size(); i++) {
                if (stage.axes().get(i).variable().equals(variable)) {
                    return i;
                }
            }
        }
        return -1;
    }

    private static OptionalLong end(Expr condition, Axis axis) {
        return condition instanceof Expr.Binary(BinaryOp op, Expr.Var variable, Expr.IntConst bound)
                        && op == BinaryOp.LT
                        && variable.equals(axis.variable())
                ? OptionalLong.of(bound.value())
                : OptionalLong.empty();
    }

    /** Whether all of an input is read, element for element, from {@code start} to {@code end}. */
    private static boolean isPiece(TensorProgram program, Stage stage, Expr.Read read, int axis, long start, long end) {
        List<Expr> shape = program.input(read.tensor())
                .map(TensorProgram.Declaration::shape)
                .orElse(List.of());
        if (read.outside().isPresent()
                || shape.size() != stage.axes().size()
                || read.type() != stage.type()
                || extent(shape.get(axis)) != end - start) {
            return false;
        }
        for (int i = 0; i < shape.size(); i++) {
            Axis own = stage.axes().get(i);
            boolean whole = i == axis || extent(own.extent()) == extent(shape.get(i));
            boolean only = extent(shape.get(i)) == 1 && read.indices().get(i).equals(Expr.index(0));
            OptionalLong shift = Cut.shift(read.indices().get(i), own);
            long wanted = i == axis ? -start : 0;
            if (!whole || !only && (shift.isEmpty() || shift.getAsLong() != wanted)) {
                return false;
            }
        }
        return true;
    }

    private static long extent(Expr extent) {
        return IndexMath.constant(extent).orElse(-1);
    }
}
