package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.schedule.LoopNest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The body of a loop whose copies to shared memory run ahead: what it copies, what it does with that, and the buffers, of
 * which there are several in place of each, for iterations in turn.
 */
final class RingBuffers {
    private final Loop loop;
    private final Expr before;
    private final int stages;
    private final List<Buffer> buffers = new ArrayList<>();
    private final List<Stmt> copies = new ArrayList<>();
    private final List<Stmt> uses = new ArrayList<>();

    /** {@code before} iterations used the buffers already when the loop begins. */
    RingBuffers(Loop loop, Stmt all, int stages, Expr before) {
        this.loop = loop;
        this.before = before;
        this.stages = stages;
        Stmt body = all;
        while (body instanceof Stmt.Allocate(Buffer buffer, Stmt inner)) {
            buffers.add(buffer);
            body = inner;
        }
        List<Stmt> statements = body instanceof Stmt.Seq(List<Stmt> several) ? several : List.of(body);
        statements.forEach(s -> (fills(s) ? copies : uses).add(s));
    }

    /** Whether a statement of the body writes one of the loop's shared buffers. */
    private boolean fills(Stmt s) {
        return s.anyMatch(c -> c instanceof Stmt.Store store && isStaged(store.buffer()));
    }

    /** The statements that fill buffers, as they are for one buffer each. */
    List<Stmt> copies() {
        return copies;
    }

    /** The others. */
    List<Stmt> uses() {
        return uses;
    }

    List<Stmt> usesIn(Expr iteration) {
        return uses.stream().map(use -> in(iteration, use)).toList();
    }

    /** A statement of the body in an iteration, with the iteration's buffers. */
    Stmt in(Expr iteration, Stmt s) {
        return LoopNest.substituteVariables(staged(s), Map.of(loop.name(), iteration));
    }

    /** Around what uses them, in all iterations. */
    Stmt allocate(Stmt all) {
        Stmt result = all;
        for (Buffer buffer : buffers.reversed()) {
            result = new Stmt.Allocate(isStaged(buffer) ? staged(buffer) : buffer, result);
        }
        return result;
    }

    private boolean isStaged(Buffer buffer) {
        return buffer.scope() == Scope.SHARED
                && buffers.stream().anyMatch(b -> b.name().equals(buffer.name()));
    }

    /** The buffers of all stages, one after another. */
    private Buffer staged(Buffer buffer) {
        List<Expr> shape = new ArrayList<>(List.of(Expr.index(stages)));
        shape.addAll(buffer.shape());
        List<LayoutMap.Dimension> dimensions = new ArrayList<>(List.of(LayoutMap.Dimension.whole(0)));
        buffer.layout().dimensions().forEach(d -> dimensions.add(d.behindAnother()));
        return new Buffer(
                buffer.name(),
                buffer.type(),
                shape,
                new LayoutMap(shape.size(), dimensions),
                buffer.scope(),
                buffer.alignmentBytes());
    }

    /** An index into the buffer of the iteration. */
    private List<Expr> staged(List<Expr> indices) {
        List<Expr> all = new ArrayList<>(List.of(IndexMath.rem(IndexMath.add(before, loop.variable()), stages)));
        all.addAll(indices);
        return all;
    }

    private Stmt staged(Stmt statement) {
        return statement.rewrite(
                s -> switch (s) {
                    case Stmt.Invoke(Intrinsic intrinsic, List<Stmt.Window> operands) ->
                        new Stmt.Invoke(
                                intrinsic, operands.stream().map(this::staged).toList());
                    case Stmt.AsyncCopy c
                    when isStaged(c.to()) ->
                        new Stmt.AsyncCopy(
                                staged(c.to()),
                                staged(c.toIndices()),
                                c.from(),
                                c.fromIndices(),
                                c.elements(),
                                c.guard());
                    case Stmt.Store store
                    when isStaged(store.buffer()) ->
                        new Stmt.Store(staged(store.buffer()), staged(store.indices()), store.value(), store.origin());
                    case Stmt.TileCopy c
                    when isStaged(c.to()) ->
                        new Stmt.TileCopy(
                                staged(c.to()),
                                staged(c.toIndices()),
                                c.from(),
                                c.fromIndices(),
                                c.box(),
                                c.barriers(),
                                c.slot());
                    case Stmt other -> other;
                },
                e -> e.rewrite(n -> n instanceof Expr.Load(Buffer buffer, List<Expr> indices) && isStaged(buffer)
                        ? new Expr.Load(staged(buffer), staged(indices))
                        : n));
    }

    private Stmt.Window staged(Stmt.Window window) {
        return isStaged(window.buffer()) ? new Stmt.Window(staged(window.buffer()), staged(window.indices())) : window;
    }
}
