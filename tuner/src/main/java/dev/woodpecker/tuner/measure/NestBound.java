package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IndexMath;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.lower.LoweredKernel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The least that a lowered kernel does, whatever the C compiler makes of it: no more is counted than is certain. An
 * operation counts once for each iteration of the loops that it varies with (the compiler may move it out of the others),
 * equal ones of a statement count once, and what lies under a condition does not count at all.
 *
 * @param flops fp32 arithmetic, a multiply-add is two
 * @param bytesRead distinct bytes of each argument that is read, by its name
 */
record NestBound(double flops, Map<String, Double> bytesRead) {
    /** A loop around, with what is written inside it. */
    private record Around(String variable, double trips, Set<String> stored) {}

    NestBound {
        bytesRead = Map.copyOf(bytesRead);
    }

    static NestBound of(LoweredKernel kernel) {
        Count count = new Count();
        kernel.phases().forEach(phase -> count.visit(phase.body(), List.of(), Map.of()));
        return new NestBound(count.flops, count.bytes);
    }

    private static final class Count {
        private double flops;
        private final Map<String, Double> bytes = new HashMap<>();

        /** {@code lets}: the values of the variables that are bound around. */
        private void visit(Stmt s, List<Around> loops, Map<String, Expr> lets) {
            switch (s) {
                case Stmt.For(Loop loop, Stmt body) -> {
                    List<Around> inside = new ArrayList<>(loops);
                    OptionalLong trips = IndexMath.constant(loop.extent());
                    inside.add(new Around(loop.name(), trips.orElse(0), stored(body)));
                    if (trips.isPresent()) {
                        visit(body, inside, lets);
                    }
                }
                case Stmt.Let(Expr.Var variable, Expr value, Stmt body) -> {
                    count(value, loops, lets);
                    Map<String, Expr> inside = new HashMap<>(lets);
                    inside.put(variable.name(), value);
                    visit(body, loops, inside);
                }
                case Stmt.Store store -> count(store.value(), loops, lets);
                case Stmt.Seq _, Stmt.Allocate _ -> s.children().forEach(child -> visit(child, loops, lets));
                case Stmt.If _,
                        Stmt.Compute _,
                        Stmt.Check _,
                        Stmt.Barrier _,
                        Stmt.AsyncCopy _,
                        Stmt.Commit _,
                        Stmt.Wait _,
                        Stmt.Ring _,
                        Stmt.TileCopy _,
                        Stmt.Invoke _ -> {}
            }
        }

        private void count(Expr value, List<Around> loops, Map<String, Expr> lets) {
            Set<Expr> seen = new HashSet<>();
            operations(value, loops, lets, seen);
        }

        private void operations(Expr e, List<Around> loops, Map<String, Expr> lets, Set<Expr> seen) {
            if (!seen.add(e)) {
                return;
            }
            switch (e) {
                case Expr.Select _ -> {
                    return;
                }
                case Expr.Load load -> read(load, loops, lets);
                case Expr.Binary b
                when b.type() == DType.F32 && isArithmetic(b.op()) ->
                    flops += b.lanes() * trips(variesWith(b, loops, lets), loops);
                case Expr.Binary _,
                        Expr.IntConst _,
                        Expr.FloatConst _,
                        Expr.Var _,
                        Expr.Param _,
                        Expr.Unary _,
                        Expr.Call _,
                        Expr.Cast _,
                        Expr.Bitcast _,
                        Expr.Read _,
                        Expr.Accumulator _,
                        Expr.Reduce _,
                        Expr.TableEntry _,
                        Expr.Ramp _,
                        Expr.Broadcast _,
                        Expr.Extract _ -> {}
            }
            e.operands().forEach(operand -> operations(operand, loops, lets, seen));
        }

        private static boolean isArithmetic(BinaryOp op) {
            return op == BinaryOp.ADD || op == BinaryOp.SUB || op == BinaryOp.MUL;
        }

        /** The greatest number of elements that one of the loads of a buffer reads. */
        private void read(Expr.Load load, List<Around> loops, Map<String, Expr> lets) {
            if (load.indices().size() == 1) {
                Map<String, Double> trips = new HashMap<>();
                loops.forEach(loop -> trips.put(loop.variable(), loop.trips()));
                double elements = DistinctIndices.least(load.indices().getFirst(), trips, lets);
                bytes.merge(
                        load.buffer().name(), elements * load.buffer().type().bytes(), Math::max);
            }
        }

        private static double trips(Set<String> variables, List<Around> loops) {
            double trips = 1;
            for (Around loop : loops) {
                if (variables.contains(loop.variable())) {
                    trips *= loop.trips();
                }
            }
            return trips;
        }

        private static Set<String> variesWith(Expr e, List<Around> loops, Map<String, Expr> lets) {
            Set<String> found = new HashSet<>();
            collect(e, loops, lets, found, Collections.newSetFromMap(new IdentityHashMap<>()));
            return found;
        }

        private static void collect(
                Expr e, List<Around> loops, Map<String, Expr> lets, Set<String> found, Set<Expr> seen) {
            if (!seen.add(e)) {
                return;
            }
            if (e instanceof Expr.Var v) {
                found.add(v.name());
                Expr value = lets.get(v.name());
                if (value != null) {
                    collect(value, loops, lets, found, seen);
                }
            } else if (e instanceof Expr.Load load) {
                for (Around loop : loops) {
                    if (loop.stored().contains(load.buffer().name())) {
                        found.add(loop.variable());
                    }
                }
            }
            e.operands().forEach(operand -> collect(operand, loops, lets, found, seen));
        }

        private static Set<String> stored(Stmt body) {
            Set<String> names = new HashSet<>();
            body.anyMatch(s ->
                    s instanceof Stmt.Store store && names.add(store.buffer().name()) && false);
            return names;
        }
    }
}
