package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Divides a sum once instead of each of its terms, where the divisor is one for all of them: {@code stage} sums products
 * with quotients that a stage of their own computes. The dividends are rounded to the type of the other factor, {@code
 * rounded}, of which a matrix instruction takes both; they are zero beyond their extents. Comes before steps on the stage's
 * loops.
 *
 * <pre>
 * for i, j: w[i, j] = p[i, j] / t[i]               for i, j: w.rounded[i, j] = half(p[i, j])
 * for i, d: y[i, d] = sum j: w[i, j] * v[j, d]  ->  for i, d: y[i, d] = (sum j: w.rounded[i, j] * v[j, d]) / t[i]
 * </pre>
 */
public record DivideLast(String stage, DType rounded) implements Step {
    /** {@code quotients} is the stage of which {@code read} is the factor, {@code other} the other one. */
    private record Quotients(Stage quotients, Expr.Read read, Expr other, Expr.Read dividend, Expr.Read divisor) {}

    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stage> found = nest.program().stage(stage);
        if (found.isEmpty()) {
            return reject("there is no stage '" + stage + "'");
        }
        if (!nest.numerics().mayReassociate()) {
            return reject("strict numerics divide each term");
        }
        return quotients(nest, found.get())
                .map(q -> Step.applied(divided(nest, found.get(), q)))
                .orElseGet(
                        () -> reject("'" + stage + "' sums no products with quotients of a stage that it alone reads, "
                                + "whose divisor is the same for all terms"));
    }

    private static Optional<Quotients> quotients(LoopNest nest, Stage sum) {
        if (sum.reduction().isEmpty()
                || sum.reduction().get().op() != ReduceOp.SUM
                || !(sum.reduction().get().body() instanceof Expr.Binary(BinaryOp op, Expr left, Expr right))
                || op != BinaryOp.MUL
                || !sum.element().anyMatch(Expr.Accumulator.class::isInstance)) {
            return Optional.empty();
        }
        return quotients(nest, sum, left, right).or(() -> quotients(nest, sum, right, left));
    }

    private static Optional<Quotients> quotients(LoopNest nest, Stage sum, Expr factor, Expr other) {
        if (!(factor instanceof Expr.Read read)
                || read.outside().isPresent()
                || nest.program().outputs().contains(read.tensor())
                || Stages.readers(nest.program(), read.tensor()).size() != 1
                || Stages.reads(sum, read.tensor()).size() != 1) {
            return Optional.empty();
        }
        Optional<Stage> stage = nest.program().stage(read.tensor());
        if (stage.isEmpty()
                || stage.get().reduction().isPresent()
                || !(stage.get().element() instanceof Expr.Binary(BinaryOp op, Expr above, Expr below))
                || op != BinaryOp.DIV
                || !(above instanceof Expr.Read dividend)
                || !(below instanceof Expr.Read divisor)) {
            return Optional.empty();
        }
        Expr.Read ofSum = at(divisor, stage.get(), read);
        boolean isOne =
                sum.reduction().orElseThrow().axes().stream().noneMatch(a -> ofSum.anyMatch(a.variable()::equals));
        return isOne ? Optional.of(new Quotients(stage.get(), read, other, dividend, ofSum)) : Optional.empty();
    }

    /** What {@code inner}, a read in {@code stage}, reads for the element that {@code outer} reads of the stage. */
    private static Expr.Read at(Expr.Read inner, Stage stage, Expr.Read outer) {
        return (Expr.Read) LoopNest.substitute(inner, LoopNest.bind(stage.axes(), outer.indices()));
    }

    /** What is summed over padding adds nothing. */
    private static Expr beyond(Expr.Read dividend) {
        Optional<Expr> zero = Optional.of(Expr.zero(dividend.type()));
        return new Expr.Read(dividend.tensor(), dividend.type(), dividend.indices(), zero, dividend.origin());
    }

    private LoopNest divided(LoopNest nest, Stage sum, Quotients q) {
        String name = Stages.freshTensor(nest.program(), q.quotients().name() + ".rounded");
        Stage terms = new Stage(
                name,
                rounded,
                q.quotients().axes(),
                Optional.empty(),
                new Expr.Cast(rounded, beyond(q.dividend())),
                q.quotients().origin());
        Stage.Reduction before = sum.reduction().orElseThrow();
        Expr term = new Expr.Cast(
                before.type(),
                new Expr.Read(
                        name,
                        rounded,
                        q.read().indices(),
                        Optional.empty(),
                        q.read().origin()));
        Stage.Reduction reduction = new Stage.Reduction(
                ReduceOp.SUM, before.type(), before.axes(), new Expr.Binary(BinaryOp.MUL, term, q.other()));
        Expr element = sum.element()
                .rewrite(e -> e instanceof Expr.Accumulator a ? new Expr.Binary(BinaryOp.DIV, a, q.divisor()) : e);
        Stage changed = new Stage(sum.name(), sum.type(), sum.axes(), Optional.of(reduction), element, sum.origin());
        List<Stage> stages = new ArrayList<>();
        for (Stage s : nest.program().stages()) {
            boolean replaced = s.name().equals(q.quotients().name());
            stages.add(replaced ? terms : s.name().equals(stage) ? changed : s);
        }
        HashSet<String> taken = new HashSet<>(nest.loopNames());
        Stmt tree = Stages.replaceNest(nest.tree(), q.quotients().name(), LoopNest.nest(terms, taken));
        List<Expr> shape = q.quotients().axes().stream().map(Axis::extent).toList();
        return nest.withProgram(nest.program().withStages(stages))
                .withTree(tree)
                .withoutBuffer(q.quotients().name())
                .withBuffer(Buffer.rowMajor(name, rounded, shape, Scope.REGISTER));
    }
}
