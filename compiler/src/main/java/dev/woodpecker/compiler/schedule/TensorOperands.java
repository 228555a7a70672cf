package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Whether what a tile computes is the product of a matrix instruction; reasons say what is not. */
final class TensorOperands {
    private final LoopNest nest;
    private final Stmt.Compute leaf;
    private final List<Loop> loops;
    private final TensorTile tile;

    private TensorOperands(LoopNest nest, Stmt.Compute leaf, List<Loop> loops, TensorTile tile) {
        this.nest = nest;
        this.leaf = leaf;
        this.loops = loops;
        this.tile = tile;
    }

    /** Why the computation inside {@code loops}, over rows, columns and depth, is no {@code tile}; empty where it is. */
    static Optional<String> reason(LoopNest nest, Stmt.Compute leaf, List<Loop> loops, TensorTile tile) {
        return new TensorOperands(nest, leaf, loops, tile).reason();
    }

    private Optional<String> reason() {
        Stage stage = nest.stage(leaf.stage());
        if (leaf.part() != Stmt.Part.WHOLE || stage.reduction().isEmpty()) {
            return Optional.of("'" + leaf.stage() + "' has no undecomposed reduction here; Tensorize before Decompose");
        }
        Stage.Reduction reduction = stage.reduction().get();
        if (reduction.op() != ReduceOp.SUM || reduction.type() != tile.accumulatorType()) {
            return Optional.of(
                    tile.name() + " sums in " + tile.accumulatorType().text() + "; '" + stage.name() + "' is a "
                            + reduction.op().text() + " in " + reduction.type().text());
        }
        List<Loop> around = new ArrayList<>(LoopNest.path(nest.tree(), leaf).orElseThrow());
        Expr body = Simplifier.simplify(
                LoopNest.substitute(reduction.body(), bound(stage, reduction)), Region.inside(around));
        if (!(body instanceof Expr.Binary(BinaryOp op, Expr x, Expr y))
                || op != tile.operation()
                || !(factor(x) instanceof Expr.Read a)
                || !(factor(y) instanceof Expr.Read b)) {
            return Optional.of("'" + stage.name() + "' does not sum products of two tensors, widened to "
                    + reduction.type().text());
        }
        boolean inOrder = mentions(a.indices(), row()) || mentions(b.indices(), column());
        if (!tile.takes(op, !inOrder)) {
            return Optional.of(tile.name() + " takes the factors of '" + stage.name() + "' the other way round");
        }
        Expr.Read left = inOrder ? a : b;
        Expr.Read right = inOrder ? b : a;
        return operandReason(left, row(), column(), true)
                .or(() -> operandReason(right, column(), row(), false))
                .or(() -> zeroReason(left, right))
                .or(() -> guardReason(left, right));
    }

    private Map<String, Expr> bound(Stage stage, Stage.Reduction reduction) {
        Map<String, Expr> bound = LoopNest.bind(stage.axes(), leaf.at());
        bound.putAll(LoopNest.bind(reduction.axes(), leaf.over()));
        return bound;
    }

    private String row() {
        return loops.get(0).name();
    }

    private String column() {
        return loops.get(1).name();
    }

    private String depth() {
        return loops.get(2).name();
    }

    /** What is multiplied, without the conversion to the type of the sum, which loses nothing. */
    private Expr factor(Expr e) {
        return e instanceof Expr.Cast(DType type, Expr operand) && type == tile.accumulatorType() ? operand : e;
    }

    private static boolean mentions(List<Expr> indices, String variable) {
        return Decompose.variables(indices).contains(variable);
    }

    /**
     * Rows of the operand go along {@code own}, elements of a row along the depth. The left one may be in registers as
     * the results of another product are, which {@link Rolling} sees to.
     */
    private Optional<String> operandReason(Expr.Read read, String own, String other, boolean isLeft) {
        String tensor = "'" + read.tensor() + "'";
        if (read.type() != tile.memoryType()) {
            return Optional.of(tensor + " holds " + read.type().text() + "; " + tile.name() + " multiplies "
                    + tile.memoryType().text());
        }
        boolean inRegisters = isLeft
                && tile.takesAccumulators()
                && nest.buffers().get(read.tensor()) != null
                && nest.buffer(read.tensor()).scope() == Scope.REGISTER;
        if (!inRegisters
                && (nest.buffers().get(read.tensor()) == null
                        || nest.buffer(read.tensor()).scope() != Scope.SHARED)) {
            return Optional.of(tensor + " is not in shared memory; use CacheRead with SHARED inside the loop around");
        }
        LayoutMap layout = nest.buffer(read.tensor()).layout();
        if (!tile.readsShared() && !layout.hasRowsInOrder()) {
            return Optional.of(tensor + " is not row-major in shared memory");
        }
        int last = read.indices().size() - 1;
        boolean alongDepth = last >= 1
                && steps(read.indices().get(last), depth())
                && steps(read.indices().get(last - 1), own);
        boolean alongSide = last >= 1
                && steps(read.indices().get(last), own)
                && steps(read.indices().get(last - 1), depth());
        if (!alongDepth && (!alongSide || inRegisters)) {
            return Optional.of("rows of " + tensor + " must go along '" + own + "' and elements of a row along '"
                    + depth() + "', each one by one, or the other way round");
        }
        if (tile.readsShared() && !layout.equals(TwistedRows.layout(last + 1, alongDepth))) {
            return Optional.of(tensor + " must lie in twisted rows of 128 bytes, as "
                    + TwistedRows.layout(last + 1, alongDepth).text());
        }
        Set<String> elsewhere = new HashSet<>(Decompose.variables(read.indices().subList(0, last - 1)));
        elsewhere.retainAll(Set.of(row(), column(), depth()));
        List<Expr> both = read.indices().subList(last - 1, last + 1);
        String ofRows = alongDepth ? depth() : own;
        if (!elsewhere.isEmpty() || mentions(both, other) || mentions(both.subList(0, 1), ofRows)) {
            return Optional.of(
                    tensor + " is indexed by loops of the tile in more than its last two axes, or by '" + other + "'");
        }
        return Optional.empty();
    }

    /** Whether {@code index} is {@code variable} and what does not depend on it. */
    private static boolean steps(Expr index, String variable) {
        Optional<Region.Affine> affine = Region.Affine.of(index);
        return affine.isPresent()
                && affine.get().terms().entrySet().stream()
                        .allMatch(t -> t.getKey().equals(Expr.Var.index(variable))
                                ? t.getValue() == 1
                                : !mentions(List.of(t.getKey()), variable))
                && affine.get().terms().containsKey(Expr.Var.index(variable));
    }

    /** One zero factor is enough for bytes; that of a float may be an infinity. */
    private Optional<String> zeroReason(Expr.Read left, Expr.Read right) {
        List<Expr.Read> others = Stream.of(left, right)
                .filter(operand -> zeroBeyond(operand).isEmpty())
                .toList();
        int allowed = tile.operation() == BinaryOp.DOT4 ? 1 : 0;
        return others.size() <= allowed
                ? Optional.empty()
                : Optional.of(
                        "'" + others.getFirst().tensor() + "' is no copy that holds zeros beyond the tensor's extents");
    }

    /** The tensor of which the operand is a copy with zeros beyond its extents. */
    private Optional<String> zeroBeyond(Expr.Read read) {
        Optional<Stage> copy = nest.program().stage(read.tensor());
        if (copy.isEmpty() || !(Stages.withoutCasts(copy.get().element()) instanceof Expr.Read source)) {
            return Optional.empty();
        }
        return source.outside().filter(Expr.zero(source.type())::equals).map(_ -> source.tensor());
    }

    /**
     * The instruction has no condition. Rows and columns beyond the result are not stored; beyond the depth both
     * operands must be zero, so that what is added is zero too.
     */
    private Optional<String> guardReason(Expr.Read left, Expr.Read right) {
        List<Expr> ofDepth = new ArrayList<>();
        Set<String> reductions = Decompose.variables(leaf.over());
        for (Expr term : Decompose.conjuncts(leaf.guard())) {
            if (Decompose.variables(List.of(term)).stream().anyMatch(reductions::contains)) {
                ofDepth.add(term);
            }
        }
        for (Expr term : ofDepth) {
            boolean isZero = isZeroWithout(term, left);
            boolean isZeroToo = isZeroWithout(term, right);
            if (!(tile.operation() == BinaryOp.DOT4 ? isZero || isZeroToo : isZero && isZeroToo)) {
                return Optional.of("the operands are not zero where the condition on the depth does not hold");
            }
        }
        return Optional.empty();
    }

    /** Whether {@code condition} holds exactly where the operand's last index is within its tensor. */
    private boolean isZeroWithout(Expr condition, Expr.Read operand) {
        Optional<String> source = zeroBeyond(operand);
        if (source.isEmpty()) {
            return false;
        }
        Stage copy = nest.stage(operand.tensor());
        boolean plain = copy.element() instanceof Expr.Read read
                && read.indices()
                        .equals(copy.axes().stream()
                                .map(a -> (Expr) a.variable())
                                .toList());
        Expr extent = Stages.shape(nest.program(), source.get()).getLast();
        return plain && condition.equals(IndexMath.less(operand.indices().getLast(), extent));
    }
}
