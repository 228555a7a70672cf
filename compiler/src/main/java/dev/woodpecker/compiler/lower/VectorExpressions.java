package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The expressions of one statement in a vector loop. A result with one lane is the same in all. A choice between loads by
 * a condition that differs among lanes is made before the statement, into a buffer of one element a lane: by one vector
 * load where all lanes agree, lane by lane elsewhere.
 */
final class VectorExpressions {
    private final VectorStatements statements;
    private final LaneDependence dependence;
    private final List<Buffer> buffers = new ArrayList<>();
    private final List<Stmt> before = new ArrayList<>();

    VectorExpressions(VectorStatements statements) {
        this.statements = statements;
        this.dependence = statements.dependence();
    }

    /** {@code s} after what its expressions need. */
    Stmt wrap(Stmt s) {
        if (before.isEmpty()) {
            return s;
        }
        List<Stmt> all = new ArrayList<>(before);
        all.add(s);
        Stmt result = Stmt.seq(all);
        for (Buffer buffer : buffers.reversed()) {
            result = new Stmt.Allocate(buffer, result);
        }
        return result;
    }

    Expr broadcast(Expr e) {
        return e.lanes() == 1 ? new Expr.Broadcast(e, statements.lanes()) : e;
    }

    /** {@code e} for all lanes: with one lane where it is uniform; empty where it has no vector form. */
    Optional<Expr> vector(Expr e) {
        if (e instanceof Expr.Load load && load.indices().stream().allMatch(dependence::isUniform)) {
            // Uniform indices, but each lane may have its own copy of the buffer.
            return Optional.of(statements
                    .privateLoad(load, load.indices(), Vectorize.allLanes(statements.lanes()))
                    .orElse(load));
        }
        if (dependence.isUniform(e) && !e.anyMatch(n -> n instanceof Expr.Load l && isPrivate(l))) {
            return Optional.of(e);
        }
        OptionalLong stride = dependence.stride(e);
        if (stride.isPresent() && stride.getAsLong() != 0) {
            return Optional.of(new Expr.Ramp(dependence.at(e, 0), stride.getAsLong(), statements.lanes()));
        }
        return switch (e) {
            case Expr.Var v -> statements.vectorOf(v).map(vector -> vector);
            case Expr.Load load -> load(load);
            case Expr.Select select -> select(select);
            case Expr.Unary _, Expr.Binary _, Expr.Call _, Expr.Cast _, Expr.Bitcast _, Expr.TableEntry _ ->
                laneWise(e);
            case Expr.Ramp _, Expr.Broadcast _, Expr.Extract _, Expr.Read _, Expr.Accumulator _, Expr.Reduce _ ->
                Optional.empty();
            case Expr.IntConst _, Expr.FloatConst _, Expr.Param _ -> Optional.of(e);
        };
    }

    private boolean isPrivate(Expr.Load load) {
        return statements.privateLoad(load, load.indices(), Expr.index(0)).isPresent();
    }

    private Optional<Expr> laneWise(Expr e) {
        List<Expr> operands = new ArrayList<>();
        for (Expr operand : e.operands()) {
            Optional<Expr> vector = vector(operand);
            if (vector.isEmpty()) {
                return Optional.empty();
            }
            operands.add(vector.get());
        }
        int[] next = {0};
        boolean uniform = operands.stream().allMatch(operand -> operand.lanes() == 1);
        return Optional.of(e.mapOperands(_ -> {
            Expr operand = operands.get(next[0]++);
            return uniform ? operand : broadcast(operand);
        }));
    }

    private Optional<Expr> load(Expr.Load load) {
        if (!FlattenIndices.isMemory(load.buffer())) {
            Optional<List<Expr>> indices = registerIndices(load.indices());
            return indices.map(i -> statements
                    .privateLoad(load, i, Vectorize.allLanes(statements.lanes()))
                    .orElseGet(() -> new Expr.Load(load.buffer(), i)));
        }
        List<Expr> indices = new ArrayList<>();
        for (Expr index : load.indices()) {
            Optional<Expr> vector = vector(index);
            if (vector.isEmpty()) {
                return Optional.empty();
            }
            indices.add(vector.get());
        }
        return Optional.of(new Expr.Load(load.buffer(), indices));
    }

    /** Offsets of neighbouring elements; empty for others. */
    Optional<List<Expr>> contiguous(List<Expr> indices) {
        List<Expr> ramps = new ArrayList<>();
        for (Expr index : indices) {
            if (!dependence.stride(index).equals(OptionalLong.of(1))) {
                return Optional.empty();
            }
            ramps.add(new Expr.Ramp(dependence.at(index, 0), 1, statements.lanes()));
        }
        return Optional.of(ramps);
    }

    /** Indices of a register buffer, of which at most one varies, by one from lane to lane. */
    Optional<List<Expr>> registerIndices(List<Expr> indices) {
        List<Expr> result = new ArrayList<>();
        int varying = 0;
        for (Expr index : indices) {
            OptionalLong stride = dependence.stride(index);
            if (stride.isEmpty() || (stride.getAsLong() != 0 && stride.getAsLong() != 1)) {
                return Optional.empty();
            }
            varying += stride.getAsLong() == 1 ? 1 : 0;
            result.add(stride.getAsLong() == 0 ? index : new Expr.Ramp(dependence.at(index, 0), 1, statements.lanes()));
        }
        return varying <= 1 ? Optional.of(result) : Optional.empty();
    }

    private Optional<Expr> select(Expr.Select select) {
        if (!readsMemory(select) || dependence.isUniform(select.condition())) {
            return laneWise(select);
        }
        Buffer chosen = statements.temporary("chosen", select);
        Stmt byLane = statements.laneLoop(new Stmt.Store(chosen, List.of(dependence.lane()), select, Origin.NONE));
        buffers.add(chosen);
        before.add(chosenWhereAllAgree(select, chosen, byLane).orElse(byLane));
        return Optional.of(new Expr.Load(chosen, List.of(Vectorize.allLanes(statements.lanes()))));
    }

    private Optional<Stmt> chosenWhereAllAgree(Expr.Select select, Buffer chosen, Stmt byLane) {
        Optional<Expr> all = dependence.inAllLanes(select.condition());
        VectorExpressions inner = new VectorExpressions(statements);
        Optional<Expr> value = inner.vector(select.whenTrue());
        if (all.isEmpty() || value.isEmpty()) {
            return Optional.empty();
        }
        Stmt store = new Stmt.Store(
                chosen, List.of(Vectorize.allLanes(statements.lanes())), inner.broadcast(value.get()), Origin.NONE);
        return Optional.of(new Stmt.If(all.get(), inner.wrap(store), Optional.of(byLane)));
    }

    /** Whether either side has loads that the condition may keep from happening: those that it does not do itself. */
    static boolean readsMemory(Expr.Select select) {
        return Stream.of(select.whenTrue(), select.whenFalse())
                .anyMatch(side -> side.anyMatch(n -> n instanceof Expr.Load load
                        && load.buffer().scope() != Scope.REGISTER
                        && !select.condition().anyMatch(load::equals)));
    }
}
