package dev.woodpecker.compiler.schedule;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Intrinsics;
import dev.woodpecker.compiler.target.TensorTile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Takes the terms of an attention's sum block by block, before the greatest score of a row is known: powers are those less
 * the greatest so far, and where a block brings a greater one, what was summed before is scaled to it (Milakov and
 * Gimelshein 2018, "Online normalizer calculation for softmax"; Dao 2023, "FlashAttention-2"). Scores and powers of a block
 * are a warp's, in the registers that {@code intrinsic} leaves its results in: they are never in memory, and the terms are
 * the next product's left operand as they stand. {@code loop} runs over blocks of columns, outside all other loops of the
 * reduction and inside the warps; it ends with the last block of which any row of a block of threads may see a column, as a
 * mask that lets each query see the keys before it has it. Comes after {@link DivideLast} and after {@link Tensorize} of the sum; the products of the
 * scores, whose loops are {@code .row}, {@code .column} and {@code .depth}, are to be tensorized.
 *
 * <pre>
 * p = q * k                                init y, t, m
 * for i: m[i] = max j: p[i, j]             for j.o in 0..8:
 * for i, j: w[i, j] = exp(p[i, j] - m[i])    p = q * k of the block
 * for i: t[i] = sum j: w[i, j]          ->   b = m; m = max(m, p); f = exp(b - m)
 * for j.o in 0..8: for j.i:                  t *= f; y *= f
 *   y[i, d] whole at w[i, j] * v[j, d]       w = exp(p - m); t += w; for j.i: y += w * v
 *                                          finish t, y
 * </pre>
 */
public record Rolling(String stage, String loop, String intrinsic) implements Step {
    @Override
    public Outcome apply(LoopNest nest, Map<String, Long> decisions) {
        Optional<Stmt.For> target = nest.find(loop);
        Optional<TensorTile> tile = Intrinsics.tile(intrinsic);
        if (target.isEmpty()) {
            return rejectUnknown(loop, nest);
        }
        if (tile.isEmpty()) {
            return reject("there is no matrix product '" + intrinsic + "'");
        }
        if (!nest.numerics().mayReassociate()) {
            return reject("strict numerics subtract the greatest of all scores, not the greatest so far");
        }
        Optional<PowerSum> sum = nest.program().stage(stage).flatMap(s -> PowerSum.of(nest.program(), s));
        if (sum.isEmpty()) {
            return reject("'" + stage + "' is no sum of powers divided by their total; use DivideLast first");
        }
        List<Stmt.Compute> leaves = LoopNest.computes(target.get(), stage);
        Loop blocks = target.get().loop();
        if (leaves.size() != 1
                || leaves.getFirst().part() != Stmt.Part.WHOLE
                || blocks.carrier() != Loop.Carrier.REDUCTION
                || blocks.binding() != Loop.Binding.SERIAL
                || blocks.peel().isPresent()) {
            return reject("'" + loop + "' is no serial reduction loop over blocks of '" + stage + "'");
        }
        Optional<RollingLoops> loops = loops(nest, target.get(), leaves.getFirst(), sum.get(), tile.get());
        if (loops.isEmpty()) {
            return reject("what is read in '" + loop + "' is no rows and columns of whole tiles "
                    + tile.get().extents());
        }
        LiveBlocks live = new LiveBlocks(
                sum.get().scores(),
                terms(sum.get(), leaves.getFirst()),
                LoopNest.path(nest.tree(), leaves.getFirst()).orElseThrow(),
                blocks);
        return Step.applied(rolled(nest, leaves.getFirst(), sum.get(), loops.get(), live.extent()));
    }

    /** The rows and columns of terms that an iteration of the loop reads, if they are whole tiles. */
    private Optional<RollingLoops> loops(
            LoopNest nest, Stmt.For target, Stmt.Compute leaf, PowerSum sum, TensorTile tile) {
        List<Loop> inside = Region.loops(target.body());
        List<Loop> around = new ArrayList<>(LoopNest.path(nest.tree(), target).orElseThrow());
        around.add(target.loop());
        boolean isOutermost = around.stream()
                .limit(around.size() - 1L)
                .noneMatch(l -> Decompose.variables(leaf.over()).contains(l.name()));
        around.addAll(inside);
        Optional<Region> region = Region.covering(
                List.of(terms(sum, leaf)),
                Region.inside(around),
                Region.inner(inside, around, Scope.REGISTER),
                sum.terms().shape());
        int rank = sum.terms().axes().size();
        if (!isOutermost || region.isEmpty() || rank < 2) {
            return Optional.empty();
        }
        List<Region.Span> spans = region.get().spans();
        long rows = spans.get(rank - 2).extent();
        long columns = spans.get(rank - 1).extent();
        boolean whole = spans.subList(0, rank - 2).stream().allMatch(s -> s.extent() == 1)
                && rows % tile.rows() == 0
                && columns % tile.columns() == 0
                && columns % tile.depth() == 0;
        return whole
                ? Optional.of(new RollingLoops(
                        tile,
                        spans.stream().map(Region.Span::base).toList(),
                        rows / tile.rows(),
                        columns / tile.columns()))
                : Optional.empty();
    }

    /** The indices at which a leaf of the sum reads the terms. */
    private static List<Expr> terms(PowerSum sum, Stmt.Compute leaf) {
        Map<String, Expr> bound = LoopNest.bind(sum.sum().axes(), leaf.at());
        bound.putAll(LoopNest.bind(sum.sum().reduction().orElseThrow().axes(), leaf.over()));
        return Stages.reads(sum.sum(), sum.terms().name()).getFirst().indices().stream()
                .map(i -> LoopNest.substitute(i, bound))
                .toList();
    }

    private LoopNest rolled(LoopNest nest, Stmt.Compute leaf, PowerSum sum, RollingLoops loops, Expr extent) {
        List<Axis> rows = sum.powers().axes().subList(0, sum.powers().axes().size() - 1);
        Stage greatest = sum.greatest();
        Stage before = new Stage(
                Stages.freshTensor(nest.program(), greatest.name() + ".before"),
                greatest.type(),
                rows,
                Optional.empty(),
                read(greatest, rows.stream().<Expr>map(Axis::variable).toList()),
                greatest.origin());
        Expr shiftBefore = sum.shift().rewrite(e -> e instanceof Expr.Read r ? read(before, r.indices()) : e);
        Stage factor = new Stage(
                Stages.freshTensor(nest.program(), stage + ".factor"),
                sum.powers().type(),
                rows,
                Optional.empty(),
                new Expr.Call(MathFunction.EXP, List.of(new Expr.Binary(BinaryOp.SUB, shiftBefore, sum.shift()))),
                sum.powers().origin());
        Stmt tree = nest.tree();
        for (String inner : sum.inner()) {
            tree = Stages.removeNest(tree, inner);
        }
        LoopNest bare = nest.withTree(tree);
        Stmt.For blocks = bare.find(loop).orElseThrow();
        LoopNest changed = bare.withProgram(nest.program().withStages(stages(nest, sum, before, factor)))
                .replace(loop, tree(blocks, extent, leaf, sum, before, factor, loops));
        for (Stage s : List.of(
                sum.products(), sum.scores(), greatest, before, factor, sum.powers(), sum.terms(), sum.total())) {
            changed = changed.withBuffer(Buffer.rowMajor(s.name(), s.type(), s.shape(), Scope.REGISTER));
        }
        return changed;
    }

    private static Expr.Read read(Stage stage, List<Expr> indices) {
        return new Expr.Read(stage.name(), stage.type(), indices, Optional.empty(), stage.origin());
    }

    private static List<Stage> stages(LoopNest nest, PowerSum sum, Stage before, Stage factor) {
        List<Stage> stages = new ArrayList<>();
        for (Stage s : nest.program().stages()) {
            if (s.name().equals(sum.scores().name())) {
                stages.add(bounded(s));
            } else if (s.name().equals(sum.terms().name())) {
                // Beyond their extents powers are zero already.
                stages.add(Stages.mapReads(s, r -> read(sum.powers(), r.indices())));
            } else {
                stages.add(s);
            }
            if (s.name().equals(sum.greatest().name())) {
                stages.add(before);
                stages.add(factor);
            }
        }
        return stages;
    }

    /** The scores, and beyond their extents what no power comes from. */
    private static Stage bounded(Stage scores) {
        Expr inside = Expr.TRUE;
        for (Axis axis :
                scores.axes().subList(scores.axes().size() - 2, scores.axes().size())) {
            inside = IndexMath.and(inside, IndexMath.less(axis.variable(), axis.extent()));
        }
        Expr never = new Expr.FloatConst(Double.NEGATIVE_INFINITY, DType.F32);
        return new Stage(
                scores.name(),
                scores.type(),
                scores.axes(),
                Optional.empty(),
                new Expr.Select(inside, scores.element(), never),
                scores.origin());
    }

    private static Stmt tree(
            Stmt.For blocks,
            Expr extent,
            Stmt.Compute leaf,
            PowerSum sum,
            Stage before,
            Stage factor,
            RollingLoops loops) {
        Set<String> own = Decompose.variables(leaf.over());
        List<Loop> spatial = LoopNest.path(blocks, leaf).orElseThrow().stream()
                .filter(l -> !own.contains(l.name()))
                .toList();
        List<Expr> terms = terms(sum, leaf);
        Stmt.Compute scaled = new Stmt.Compute(
                leaf.stage(),
                Stmt.Part.RESCALE,
                leaf.at(),
                List.of(read(factor, terms.subList(0, terms.size() - 1))),
                spatial.stream().<Expr>map(Loop::variable).toList(),
                Expr.TRUE,
                Expr.TRUE);
        Stmt rolled = Stmt.seq(
                loops.product(sum.products()),
                loops.ofElements(sum.scores()),
                loops.ofRows(before, Stmt.Part.WHOLE, List.of()),
                loops.reduced(sum.greatest()),
                loops.ofRows(factor, Stmt.Part.WHOLE, List.of()),
                loops.ofRows(sum.total(), Stmt.Part.RESCALE, List.of(read(factor, loops.rowIndices(sum.total())))),
                LoopNest.wrap(spatial, scaled),
                loops.ofElements(sum.powers()),
                loops.reduced(sum.total()),
                loops.ofElements(sum.terms()));
        Stmt decomposed = Decompose.decompose(blocks, leaf, own, spatial);
        Stmt inBlocks = decomposed.rewrite(
                s -> s instanceof Stmt.For f
                                && f.loop().name().equals(blocks.loop().name())
                        ? new Stmt.For(f.loop().withExtent(extent), before(rolled, f.body(), leaf.stage()))
                        : s,
                e -> e);
        return Stmt.seq(
                loops.ofRows(sum.greatest(), Stmt.Part.INIT, List.of()),
                loops.ofRows(sum.total(), Stmt.Part.INIT, List.of()),
                withFinish(inBlocks, loops.ofRows(sum.total(), Stmt.Part.FINISH, List.of())));
    }

    /** The body of the blocks' loop with {@code rolled} before what updates the stage, after copies to shared memory. */
    private static Stmt before(Stmt rolled, Stmt body, String stage) {
        List<Stmt> statements = body instanceof Stmt.Seq(List<Stmt> all) ? all : List.of(body);
        List<Stmt> changed = new ArrayList<>();
        for (Stmt s : statements) {
            if (!LoopNest.computes(s, stage).isEmpty()) {
                changed.add(rolled);
            }
            changed.add(s);
        }
        return Stmt.seq(changed);
    }

    /** The total is finished before the sum, which is divided by it. */
    private static Stmt withFinish(Stmt decomposed, Stmt finish) {
        List<Stmt> parts = new ArrayList<>(((Stmt.Seq) decomposed).statements());
        parts.add(parts.size() - 1, finish);
        return Stmt.seq(parts);
    }
}
