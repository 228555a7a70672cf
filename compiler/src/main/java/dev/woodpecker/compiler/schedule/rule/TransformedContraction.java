package dev.woodpecker.compiler.schedule.rule;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.schedule.Stages;
import java.util.List;
import java.util.Optional;

/**
 * The structure of a minimal filtering algorithm such as Winograd's: a contraction whose data are transformed by two small
 * tables, one after the other, and whose result is transformed by two more.
 *
 * @param dataRows the first transform of the data, read by nothing but the second
 * @param data the second, read by nothing but the contraction
 * @param product the contraction
 * @param resultRows the first transform of the result, read by nothing but the last stage
 * @param result the second, the program's output
 */
record TransformedContraction(Stage dataRows, Stage data, Stage product, Stage resultRows, Stage result) {
    /** Points of a transform's sum: 6 for tiles of 4. */
    private static final long MOST_POINTS = 8;

    static Optional<TransformedContraction> of(TensorProgram program) {
        return program.stages().stream()
                .flatMap(s -> around(program, s).stream())
                .findFirst();
    }

    private static Optional<TransformedContraction> around(TensorProgram program, Stage product) {
        Optional<Stage> data =
                Contraction.of(product).flatMap(c -> program.stage(c.data().tensor()));
        Optional<Stage> dataRows =
                data.flatMap(TransformedContraction::transformed).flatMap(read -> program.stage(read.tensor()));
        Optional<Stage> resultRows = onlyReader(program, product);
        Optional<Stage> result = resultRows.flatMap(rows -> onlyReader(program, rows));
        boolean fits = data.isPresent()
                && dataRows.isPresent()
                && result.isPresent()
                && transformed(dataRows.get()).isPresent()
                && transformed(resultRows.orElseThrow()).isPresent()
                && transformed(result.get()).isPresent()
                && onlyReader(program, data.get()).isPresent()
                && onlyReader(program, dataRows.get()).isPresent()
                && program.outputs().equals(List.of(result.get().name()));
        return fits
                ? Optional.of(new TransformedContraction(
                        dataRows.get(), data.get(), product, resultRows.orElseThrow(), result.get()))
                : Optional.empty();
    }

    private static Optional<Stage> onlyReader(TensorProgram program, Stage stage) {
        List<Stage> readers = Stages.readers(program, stage.name());
        return readers.size() == 1 ? Optional.of(readers.getFirst()) : Optional.empty();
    }

    /** What a stage multiplies with entries of a table and sums, if that is what it does. */
    static Optional<Expr.Read> transformed(Stage stage) {
        if (stage.reduction().isEmpty()) {
            return Optional.empty();
        }
        Stage.Reduction reduction = stage.reduction().get();
        boolean small = reduction.op() == ReduceOp.SUM
                && reduction.axes().size() == 1
                && Stages.extent(reduction.axes().getFirst()) <= MOST_POINTS;
        if (!small || !(reduction.body() instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))) {
            return Optional.empty();
        }
        if (op != BinaryOp.MUL) {
            return Optional.empty();
        }
        if (Stages.withoutCasts(left) instanceof Expr.TableEntry
                && Stages.withoutCasts(right) instanceof Expr.Read read) {
            return Optional.of(read);
        }
        return Stages.withoutCasts(right) instanceof Expr.TableEntry
                        && Stages.withoutCasts(left) instanceof Expr.Read read
                ? Optional.of(read)
                : Optional.empty();
    }

    /** By how many a spatial axis of the result is divided to give its tile; 1 for an axis that has no tiles. */
    long tile(String axis) {
        long[] tile = {1};
        transformed(result)
                .orElseThrow()
                .indices()
                .forEach(index -> index.anyMatch(e -> {
                    if (e instanceof Expr.Binary(BinaryOp op, Expr.Var variable, Expr.IntConst(long size, DType _))
                            && op == BinaryOp.DIV
                            && variable.name().equals(axis)) {
                        tile[0] = size;
                    }
                    return false;
                }));
        return tile[0];
    }
}
