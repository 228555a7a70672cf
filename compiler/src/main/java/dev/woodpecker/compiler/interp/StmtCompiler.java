package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns statements into {@link Task}s. */
final class StmtCompiler {
    private final Slots slots;
    private final ExprCompiler expressions;

    StmtCompiler(Slots slots, Map<String, Long> parameters) {
        this.slots = slots;
        this.expressions = new ExprCompiler(slots, parameters);
    }

    Task compile(Stmt s) {
        return switch (s) {
            case Stmt.Seq(List<Stmt> statements) ->
                new Task.Sequence(statements.stream().map(this::compile).toList());
            case Stmt.For(Loop loop, Stmt body) -> loop(loop, body);
            case Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise)
            when waits(then) && otherwise.filter(StmtCompiler::waits).isPresent() ->
                new Task.Parts(expressions.integer(condition), compile(then), compile(otherwise.get()));
            case Stmt.If(Expr condition, Stmt then, Optional<Stmt> otherwise) ->
                new Task.Branch(
                        expressions.integer(condition),
                        compile(then),
                        otherwise.map(this::compile).orElseGet(() -> new Task.Sequence(List.of())));
            case Stmt.Let(Expr.Var variable, Expr value, Stmt body) ->
                new Task.Sequence(List.of(assignment(variable, value), compile(body)));
            case Stmt.Allocate(Buffer buffer, Stmt body) -> {
                LongCode[] shape = expressions.integers(buffer.shape());
                int slot = slots.memory(buffer.name());
                yield new Task.Allocation(slot, buffer.scope(), f -> allocate(buffer, shape, f), compile(body));
            }
            case Stmt.Store store -> new Task.Single(store(store));
            case Stmt.Check(Expr condition, int code, String message) -> {
                LongCode holds = expressions.integer(condition);
                yield new Task.Single(f -> {
                    if (!holds.holds(f)) {
                        throw new CheckFailed(code, message);
                    }
                });
            }
            case Stmt.Barrier _ -> new Task.Barrier();
            case Stmt.AsyncCopy copy -> new Task.Single(copy(copy));
            case Stmt.Commit _ ->
                new Task.Single(f -> {
                    f.committed.add(f.open);
                    f.open = new ArrayList<>();
                });
            case Stmt.Wait(int pending) ->
                new Task.Single(f -> {
                    while (f.committed.size() > pending) {
                        f.committed.removeFirst().forEach(Runnable::run);
                    }
                });
            case Stmt.Ring ring -> new Task.Single(ringCompiler().ring(ring));
            case Stmt.TileCopy copy -> new Task.Single(ringCompiler().copy(copy));
            case Stmt.Invoke(Intrinsic intrinsic, List<Stmt.Window> operands) -> {
                Invocation invocation = new Invocation(intrinsic, operands, slots, expressions);
                yield intrinsic.level() == Intrinsic.Level.THREAD
                        ? new Task.Single(invocation)
                        : new Task.Collective(intrinsic.level(), invocation);
            }
            case Stmt.Compute c ->
                throw new IllegalArgumentException("stage " + c.stage() + " is not placed yet; run PlaceStages before");
        };
    }

    private RingCompiler ringCompiler() {
        return new RingCompiler(slots, expressions);
    }

    private static boolean waits(Stmt s) {
        return s.anyMatch(c -> c instanceof Stmt.Ring ring && ring.action() == Stmt.Ring.Action.WAIT);
    }

    private Task loop(Loop loop, Stmt body) {
        int slot = slots.of(loop.variable());
        LongCode extent = expressions.integer(loop.extent());
        return switch (loop.binding()) {
            case SERIAL, VECTOR, UNROLL, TENSOR -> new Task.Repeat(slot, extent, compile(body));
            case PARALLEL, BLOCK_X, BLOCK_Y, BLOCK_Z -> new Task.Blocks(slot, extent, compile(body));
            case THREAD_X -> new Task.Threads(0, slot, extent, compile(body));
            case THREAD_Y -> new Task.Threads(1, slot, extent, compile(body));
            case THREAD_Z -> new Task.Threads(2, slot, extent, compile(body));
        };
    }

    private Task assignment(Expr.Var variable, Expr value) {
        int slot = slots.of(variable);
        int lanes = variable.lanes();
        if (variable.type().isFloat()) {
            DoubleCode code = expressions.real(value);
            return new Task.Single(f -> {
                for (int lane = 0; lane < lanes; lane++) {
                    f.reals[slot + lane] = code.run(f, lane);
                }
            });
        }
        LongCode code = expressions.integer(value);
        return new Task.Single(f -> {
            for (int lane = 0; lane < lanes; lane++) {
                f.integers[slot + lane] = code.run(f, lane);
            }
        });
    }

    private static Memory allocate(Buffer buffer, LongCode[] shape, Frame f) {
        long[] extents = new long[shape.length];
        for (int axis = 0; axis < extents.length; axis++) {
            extents[axis] = shape[axis].run(f, 0);
        }
        return new Memory(buffer.name(), buffer.type(), buffer.scope(), extents, buffer.layout());
    }

    /** All lanes are read before any is written. */
    private Action store(Stmt.Store store) {
        Buffer buffer = store.buffer();
        int slot = slots.memory(buffer.name());
        LongCode[] indices = expressions.integers(store.indices());
        int lanes = Math.max(
                store.value().lanes(),
                store.indices().stream().mapToInt(Expr::lanes).max().orElse(1));
        requireType(buffer, store.value().type());
        if (buffer.type().isFloat()) {
            DoubleCode value = expressions.real(store.value());
            return lanes == 1
                    ? f -> f.memories[slot].set(f.memories[slot].offset(indices, f, 0), value.run(f, 0), f.worker)
                    : f -> {
                        double[] values = new double[lanes];
                        for (int lane = 0; lane < lanes; lane++) {
                            values[lane] = value.run(f, lane);
                        }
                        for (int lane = 0; lane < lanes; lane++) {
                            f.memories[slot].set(f.memories[slot].offset(indices, f, lane), values[lane], f.worker);
                        }
                    };
        }
        LongCode value = expressions.integer(store.value());
        return f -> {
            long[] values = new long[lanes];
            for (int lane = 0; lane < lanes; lane++) {
                values[lane] = value.run(f, lane);
            }
            for (int lane = 0; lane < lanes; lane++) {
                f.memories[slot].set(f.memories[slot].offset(indices, f, lane), values[lane], f.worker);
            }
        };
    }

    private static void requireType(Buffer buffer, DType type) {
        if (buffer.type() != type) {
            throw new InterpreterException("a value of type " + type.text() + " is stored in " + buffer.name()
                    + " of type " + buffer.type().text());
        }
    }

    /** The copy takes place when it is waited for; where it reads from must not change before. */
    private Action copy(Stmt.AsyncCopy copy) {
        int to = slots.memory(copy.to().name());
        int from = slots.memory(copy.from().name());
        LongCode[] toIndices = expressions.integers(copy.toIndices());
        LongCode[] fromIndices = expressions.integers(copy.fromIndices());
        LongCode guard = expressions.integer(copy.guard());
        return f -> {
            Memory target = f.memories[to];
            Memory source = f.memories[from];
            int targetOffset = target.offset(toIndices, f, 0);
            boolean wanted = guard.holds(f);
            int sourceOffset = wanted ? source.offset(fromIndices, f, 0) : 0;
            for (int i = 0; i < copy.elements(); i++) {
                target.start(target.checked(targetOffset + i), f.worker);
            }
            f.open.add(() -> {
                for (int i = 0; i < copy.elements(); i++) {
                    double value = wanted ? source.number(source.checked(sourceOffset + i), f.worker) : 0;
                    target.arrive(target.checked(targetOffset + i), value, f.worker);
                }
            });
        };
    }
}
