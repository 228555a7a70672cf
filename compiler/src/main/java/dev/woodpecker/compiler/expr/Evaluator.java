package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.Value.Scalar;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Evaluates a kernel's body for given inputs and attributes: what is known becomes a constant, what is not becomes an
 * expression over axes, and every tensor that is built becomes a stage.
 */
final class Evaluator {
    private final Problems problems;
    private final Folding fold;
    private final Elements elements;
    private final IndexOperations indices;
    private final Accesses accesses;
    private final Iterations iterations;
    private final Stages stages;
    private final Map<String, Value> environment = new HashMap<>();

    Evaluator(Problems problems, AxisBounds bounds, Folding fold, Elements elements, Stages stages) {
        this.problems = problems;
        this.fold = fold;
        this.elements = elements;
        this.indices = new IndexOperations(fold);
        this.accesses = new Accesses(problems, bounds, fold, elements);
        this.stages = stages;
        this.iterations = new Iterations(this, problems, bounds, fold, elements, accesses, stages);
    }

    Accesses accesses() {
        return accesses;
    }

    void bind(String name, Value value) {
        environment.put(name, value);
    }

    /** The value of {@code e}; a stage that it makes is called {@code wanted}. */
    Value evaluate(TensorExpr e, String wanted) {
        return switch (e) {
            case TensorExpr.IntLiteral(long value) -> Scalar.index(Expr.index(value));
            case TensorExpr.FloatLiteral(double value) -> elements.literal(value);
            case TensorExpr.BoolLiteral(boolean value) -> Scalar.bool(value ? Expr.TRUE : Expr.FALSE);
            case TensorExpr.Name(String name, Kind _) ->
                Optional.ofNullable(environment.get(name))
                        .orElseThrow(() -> problems.at(Origin.NONE, "nothing is bound to '" + name + "'"));
            case TensorExpr.Let(String name, TensorExpr value, TensorExpr body) -> {
                Value bound = evaluate(value, stages.wantedName(name));
                if (bound instanceof Scalar scalar) {
                    stages.nameReduction(scalar.expr(), name);
                }
                bind(name, bound);
                yield evaluate(body, wanted);
            }
            case TensorExpr.TableAt t -> tableEntry(t);
            case TensorExpr.Build b -> iterations.build(b, wanted);
            case TensorExpr.Reduce r -> iterations.reduce(r);
            case TensorExpr.ArgReduce r -> iterations.argReduce(r);
            case TensorExpr.MapIndex(TensorExpr rank, String axis, TensorExpr value) -> mapIndex(rank, axis, value);
            case TensorExpr.Apply apply -> apply(apply, wanted);
        };
    }

    Value evaluate(TensorExpr e) {
        return evaluate(e, "t");
    }

    Scalar scalar(TensorExpr e) {
        if (evaluate(e) instanceof Scalar scalar) {
            return scalar;
        }
        throw unexpected(e, "an element");
    }

    /** An int, as an index. */
    Expr index(TensorExpr e) {
        Scalar scalar = scalar(e);
        if (scalar.kind() == Kind.INT) {
            return elements.index(scalar);
        }
        throw unexpected(e, "an int");
    }

    List<Expr> ints(TensorExpr e) {
        if (evaluate(e) instanceof Value.Ints(List<Expr> values)) {
            return values;
        }
        throw unexpected(e, "an Index or int[]");
    }

    private List<Value> tensors(TensorExpr e) {
        if (evaluate(e) instanceof Value.Tensors(List<Value> tensors)) {
            return tensors;
        }
        throw unexpected(e, "several tensors");
    }

    private long constant(TensorExpr e, Origin origin, String what) {
        Expr value = index(e);
        return fold.constant(value)
                .orElseThrow(() -> problems.at(
                        origin,
                        what
                                + " must be known when the kernel is specialised; here it depends on an index"
                                + " or an element"));
    }

    /** Ints or one Index from the operand at {@code from} on. */
    private List<Expr> indexOperands(List<TensorExpr> operands, int from) {
        if (operands.size() == from + 1 && operands.get(from).kind() != Kind.INT) {
            return ints(operands.get(from));
        }
        return operands.subList(from, operands.size()).stream().map(this::index).toList();
    }

    private long[] axes(List<TensorExpr> operands, int from, Origin origin) {
        return indexOperands(operands, from).stream()
                .mapToLong(axis -> fold.constant(axis)
                        .orElseThrow(() -> problems.at(origin, "an axis must be known when the kernel is specialised")))
                .toArray();
    }

    private Value apply(TensorExpr.Apply e, String wanted) {
        List<TensorExpr> operands = e.operands();
        Origin origin = e.origin();
        return switch (e.op()) {
            case AND_ALSO -> condition(operands.get(0), operands.get(1), true);
            case OR_ELSE -> condition(operands.get(0), operands.get(1), false);
            case SELECT -> select(operands, origin, wanted);
            case SIZE ->
                Scalar.index(located(
                        origin,
                        () -> IndexOperations.get(
                                shape(operands.get(0)), constant(operands.get(1), origin, "an axis"))));
            case RANK -> Scalar.index(Expr.index(rank(operands.get(0))));
            case SHAPE -> new Value.Ints(shape(operands.get(0)));
            case LENGTH -> Scalar.index(Expr.index(length(operands.get(0))));
            case ELEMENT -> element(operands.get(0), index(operands.get(1)), origin);
            case ARRAY -> array(e);
            case AT -> accesses.at(evaluate(operands.get(0)), indexOperands(operands, 1), origin);
            case AT_OR ->
                accesses.atOr(scalar(operands.get(0)), evaluate(operands.get(1)), indexOperands(operands, 2), origin);
            case GET ->
                Scalar.index(located(
                        origin,
                        () -> IndexOperations.get(
                                ints(operands.get(0)), constant(operands.get(1), origin, "an axis"))));
            case PRODUCT -> Scalar.index(indices.product(ints(operands.get(0))));
            case INDEX_OF, PICK, DROP, WEAVE, WITH, INDEX_CONCAT, FIRST, FROM, BROADCAST, WITHIN ->
                new Value.Ints(located(origin, () -> indexOperation(e)));
            case CONCAT ->
                iterations.concat(
                        tensors(operands.get(1)), constant(operands.get(0), origin, "an axis"), origin, wanted);
            case OUTPUTS -> outputs(operands, wanted);
            case OUTPUT -> {
                long position = constant(operands.get(1), origin, "the number of an output");
                yield tensors(operands.get(0)).get((int) position);
            }
            case ADD,
                    SUB,
                    MUL,
                    DIV,
                    REM,
                    FLOOR_DIV,
                    FLOOR_MOD,
                    MIN,
                    MAX,
                    NEG,
                    ABS,
                    LT,
                    LE,
                    GT,
                    GE,
                    EQ,
                    NE,
                    NOT,
                    AND,
                    OR,
                    XOR,
                    SHL,
                    SHR,
                    USHR,
                    DOT4,
                    BIT_NOT,
                    TO_FLOAT,
                    TO_INT,
                    SQRT,
                    FLOOR,
                    CEIL,
                    RINT,
                    TRUNC,
                    SIGNUM,
                    EXP,
                    EXPM1,
                    LOG,
                    LOG1P,
                    SIN,
                    COS,
                    TAN,
                    ASIN,
                    ACOS,
                    ATAN,
                    SINH,
                    COSH,
                    TANH,
                    ASINH,
                    ACOSH,
                    ATANH,
                    ERF,
                    POW,
                    IS_NAN,
                    IS_INFINITE ->
                elements.apply(e.op(), operands.stream().map(this::scalar).toList(), origin);
        };
    }

    private List<Expr> indexOperation(TensorExpr.Apply e) {
        List<TensorExpr> operands = e.operands();
        return switch (e.op()) {
            case INDEX_OF -> indexOperands(operands, 0);
            case PICK -> IndexOperations.pick(ints(operands.get(0)), axes(operands, 1, e.origin()));
            case DROP -> IndexOperations.drop(ints(operands.get(0)), axes(operands, 1, e.origin()));
            case WEAVE ->
                IndexOperations.weave(ints(operands.get(0)), ints(operands.get(1)), axes(operands, 2, e.origin()));
            case WITH ->
                IndexOperations.with(
                        ints(operands.get(0)),
                        constant(operands.get(1), e.origin(), "an axis"),
                        index(operands.get(2)));
            case INDEX_CONCAT -> IndexOperations.concat(ints(operands.get(0)), ints(operands.get(1)));
            case FIRST ->
                IndexOperations.first(ints(operands.get(0)), constant(operands.get(1), e.origin(), "a count"));
            case FROM -> IndexOperations.from(ints(operands.get(0)), constant(operands.get(1), e.origin(), "an axis"));
            case BROADCAST -> IndexOperations.broadcast(ints(operands.get(0)), ints(operands.get(1)));
            case WITHIN -> IndexOperations.within(ints(operands.get(0)), ints(operands.get(1)));
            default -> throw new IllegalStateException(e.op() + " is not an operation on Index");
        };
    }

    private List<Expr> shape(TensorExpr tensor) {
        return accesses.shape(evaluate(tensor));
    }

    private long rank(TensorExpr e) {
        return evaluate(e) instanceof Value.Ints(List<Expr> values) ? values.size() : shape(e).size();
    }

    private long length(TensorExpr e) {
        return switch (evaluate(e)) {
            case Value.Ints(List<Expr> values) -> values.size();
            case Value.Reals(List<Scalar> values) -> values.size();
            case Value.Tensors(List<Value> tensors) -> tensors.size();
            case Scalar _, Value.Tensor _, Value.Absent _, Value.Choice _ -> throw unexpected(e, "an array");
        };
    }

    private Value element(TensorExpr array, Expr position, Origin origin) {
        Value value = evaluate(array);
        return switch (value) {
            case Value.Ints(List<Expr> values) ->
                accesses.element(values.stream().map(Scalar::index).toList(), position, origin);
            case Value.Reals(List<Scalar> values) -> accesses.element(values, position, origin);
            case Value.Tensors(List<Value> tensors) -> accesses.choose(tensors, position, origin);
            case Scalar _, Value.Tensor _, Value.Absent _, Value.Choice _ -> throw unexpected(array, "an array");
        };
    }

    private Value array(TensorExpr.Apply e) {
        List<Value> values = e.operands().stream().map(this::evaluate).toList();
        return switch (e.kind()) {
            case FLOAT_ARRAY ->
                new Value.Reals(values.stream()
                        .map(value -> elements.toFloat((Scalar) value))
                        .toList());
            case TENSOR_LIST -> new Value.Tensors(values);
            default ->
                new Value.Ints(values.stream()
                        .map(value -> elements.index((Scalar) value))
                        .toList());
        };
    }

    /** {@code &&} (or {@code ||}): the right side is not evaluated where the left decides. */
    private Value condition(TensorExpr left, TensorExpr right, boolean and) {
        Expr a = scalar(left).expr();
        if (a instanceof Expr.IntConst(long value, DType _)) {
            return (value != 0) == and ? scalar(right) : Scalar.bool(a);
        }
        Expr b = (and ? accesses.where(a, () -> scalar(right)) : accesses.whereNot(a, () -> scalar(right))).expr();
        boolean guards = b.anyMatch(e -> e instanceof Expr.Read || e instanceof Expr.Reduce);
        if (guards) {
            return Scalar.bool(and ? fold.select(a, b, Expr.FALSE) : fold.select(a, Expr.TRUE, b));
        }
        return Scalar.bool(fold.binary(and ? BinaryOp.AND : BinaryOp.OR, a, b));
    }

    private Value select(List<TensorExpr> operands, Origin origin, String wanted) {
        Expr condition = scalar(operands.get(0)).expr();
        if (condition instanceof Expr.IntConst(long value, DType _)) {
            return evaluate(operands.get(value != 0 ? 1 : 2), wanted);
        }
        Value a = accesses.where(condition, () -> evaluate(operands.get(1), wanted));
        Value b = accesses.whereNot(condition, () -> evaluate(operands.get(2), wanted));
        if (a instanceof Scalar x && b instanceof Scalar y) {
            return elements.select(condition, x, y, origin);
        }
        if (a instanceof Value.Ints(List<Expr> xs)
                && b instanceof Value.Ints(List<Expr> ys)
                && xs.size() == ys.size()) {
            List<Expr> chosen = new ArrayList<>();
            for (int i = 0; i < xs.size(); i++) {
                chosen.add(fold.select(condition, xs.get(i), ys.get(i)));
            }
            return new Value.Ints(chosen);
        }
        throw problems.at(origin, "a condition between tensors or shapes must be known when the kernel is specialised");
    }

    private Value tableEntry(TensorExpr.TableAt e) {
        Table table = e.table();
        List<Expr> at = e.indices().stream().map(this::index).toList();
        return accesses.tableEntry(table, at, e.origin());
    }

    private Value mapIndex(TensorExpr rank, String axis, TensorExpr value) {
        long count = constant(rank, Origin.NONE, "the rank of an Index");
        List<Expr> mapped = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            bind(axis, Scalar.index(Expr.index(i)));
            mapped.add(index(value));
        }
        return new Value.Ints(mapped);
    }

    private Value outputs(List<TensorExpr> operands, String wanted) {
        List<Value> tensors = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            tensors.add(evaluate(operands.get(i), stages.outputName(i, wanted)));
        }
        return new Value.Tensors(tensors);
    }

    /** Runs an index operation, whose errors become errors at {@code origin}. */
    private <T> T located(Origin origin, Supplier<T> operation) {
        try {
            return operation.get();
        } catch (IllegalArgumentException wrong) {
            throw problems.at(origin, String.valueOf(wrong.getMessage()));
        }
    }

    private SpecializationException unexpected(TensorExpr e, String expected) {
        Origin origin = e instanceof TensorExpr.Apply apply ? apply.origin() : Origin.NONE;
        return problems.at(
                origin,
                "expected " + expected + " where the body has " + e.kind().text());
    }
}
