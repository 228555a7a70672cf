package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The stages of an attention: a sum of terms that are powers, less the greatest exponent of their row, which all are
 * divided by their total. All but the sum are for this alone.
 *
 * @param sum of {@code terms} times something
 * @param terms the powers, rounded
 * @param powers {@code exp(scores - shift)}
 * @param shift of the exponents, in the axes of {@code powers}: an expression of the greatest score
 * @param total the sum of the powers, and what is made of it
 * @param greatest the greatest score of each row
 * @param scores what is made of {@code products} element by element
 * @param products a sum of products, of rows of one matrix with rows of another
 */
public record PowerSum(
        Stage sum, Stage terms, Stage powers, Expr shift, Stage total, Stage greatest, Stage scores, Stage products) {

    public static Optional<PowerSum> of(TensorProgram program, Stage sum) {
        return Stages.reads(sum).stream()
                .flatMap(read -> of(program, sum, read).stream())
                .findFirst();
    }

    private static Optional<PowerSum> of(TensorProgram program, Stage sum, Expr.Read read) {
        Optional<Stage> terms = program.stage(read.tensor());
        if (terms.isEmpty()
                || sum.reduction().isEmpty()
                || !(terms.get().element() instanceof Expr.Cast(DType _, Expr.Read ofPowers))
                || !isElementwise(ofPowers, terms.get().axes())) {
            return Optional.empty();
        }
        Optional<Stage> powers = program.stage(ofPowers.tensor());
        if (powers.isEmpty()
                || !(powers.get().element() instanceof Expr.Call(MathFunction function, List<Expr> arguments))
                || function != MathFunction.EXP
                || !(arguments.getFirst() instanceof Expr.Binary(BinaryOp op, Expr exponent, Expr shift))
                || op != BinaryOp.SUB
                || !(exponent instanceof Expr.Read ofScores)
                || !isElementwise(ofScores, powers.get().axes())) {
            return Optional.empty();
        }
        List<Axis> rows = rows(powers.get());
        Set<String> ofShift = tensors(shift);
        Optional<Stage> greatest =
                ofShift.size() == 1 ? program.stage(ofShift.iterator().next()) : Optional.empty();
        Optional<Stage> scores = program.stage(ofScores.tensor());
        Optional<Stage> total = program.stages().stream()
                .filter(s -> isReduced(s, ReduceOp.SUM, powers.get().name()))
                .filter(s -> !Stages.reads(sum, s.name()).isEmpty())
                .findFirst();
        boolean shifted = greatest.isPresent()
                && isReduced(greatest.get(), ReduceOp.MAX, ofScores.tensor())
                && greatest.get().element() instanceof Expr.Accumulator
                && Stages.reads(powers.get(), greatest.get().name()).stream().allMatch(r -> isElementwise(r, rows));
        if (!shifted || scores.isEmpty() || scores.get().reduction().isPresent() || total.isEmpty()) {
            return Optional.empty();
        }
        Optional<Stage> products = products(program, scores.get());
        return products.map(p -> new PowerSum(
                        sum, terms.get(), powers.get(), shift, total.get(), greatest.get(), scores.get(), p))
                .filter(found -> found.isAlone(program));
    }

    /** The sum of products that the scores are made of, element by element. */
    private static Optional<Stage> products(TensorProgram program, Stage scores) {
        return program.stages().stream()
                .filter(s -> s.reduction().isPresent()
                        && s.reduction().get().op() == ReduceOp.SUM
                        && s.reduction().get().axes().size() == 1)
                .filter(s -> !Stages.reads(scores, s.name()).isEmpty()
                        && Stages.reads(scores, s.name()).stream().allMatch(r -> isElementwise(r, scores.axes())))
                .findFirst();
    }

    private static Set<String> tensors(Expr e) {
        Set<String> found = new java.util.HashSet<>();
        e.anyMatch(n -> n instanceof Expr.Read r && !found.add(r.tensor()) && false);
        return found;
    }

    private static List<Axis> rows(Stage stage) {
        return stage.axes().subList(0, stage.axes().size() - 1);
    }

    /** Whether a stage reduces rows of {@code tensor}, each along the last axis. */
    private static boolean isReduced(Stage stage, ReduceOp op, String tensor) {
        if (stage.reduction().isEmpty()
                || stage.reduction().get().op() != op
                || stage.reduction().get().axes().size() != 1
                || !(stage.reduction().get().body() instanceof Expr.Read read)) {
            return false;
        }
        List<Axis> all = new java.util.ArrayList<>(stage.axes());
        all.addAll(stage.reduction().get().axes());
        return read.tensor().equals(tensor) && isElementwise(read, all);
    }

    private static boolean isElementwise(Expr.Read read, List<Axis> axes) {
        boolean same = read.indices().size() == axes.size();
        for (int i = 0; same && i < axes.size(); i++) {
            Expr index = read.indices().get(i);
            same = index.equals(axes.get(i).variable())
                    || IndexMath.isConstant(axes.get(i).extent(), 1) && IndexMath.isConstant(index, 0);
        }
        return same;
    }

    private boolean isAlone(TensorProgram program) {
        return isReadBy(program, terms, sum)
                && isReadBy(program, powers, terms, total)
                && isReadBy(program, total, sum)
                && isReadBy(program, greatest, powers)
                && isReadBy(program, scores, greatest, powers)
                && isReadBy(program, products, scores);
    }

    private static boolean isReadBy(TensorProgram program, Stage stage, Stage... readers) {
        Set<String> names = java.util.Arrays.stream(readers).map(Stage::name).collect(Collectors.toSet());
        return !program.outputs().contains(stage.name())
                && Stages.readers(program, stage.name()).stream()
                        .map(Stage::name)
                        .collect(Collectors.toSet())
                        .equals(names);
    }

    /** The names of the stages that are computed within the sum's loops. */
    public Set<String> inner() {
        return Set.of(terms.name(), powers.name(), total.name(), greatest.name(), scores.name(), products.name());
    }
}
