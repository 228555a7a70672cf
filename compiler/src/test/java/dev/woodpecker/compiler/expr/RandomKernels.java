package dev.woodpecker.compiler.expr;

import dev.woodpecker.compiler.expr.KernelSpec.Form;
import dev.woodpecker.compiler.expr.KernelSpec.Parameter;
import dev.woodpecker.compiler.expr.KernelSpec.Role;
import dev.woodpecker.compiler.expr.TensorExpr.Apply;
import dev.woodpecker.compiler.expr.TensorExpr.ArgReduce;
import dev.woodpecker.compiler.expr.TensorExpr.BoolLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Build;
import dev.woodpecker.compiler.expr.TensorExpr.Domain;
import dev.woodpecker.compiler.expr.TensorExpr.FloatLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.IntLiteral;
import dev.woodpecker.compiler.expr.TensorExpr.Let;
import dev.woodpecker.compiler.expr.TensorExpr.MapIndex;
import dev.woodpecker.compiler.expr.TensorExpr.Name;
import dev.woodpecker.compiler.expr.TensorExpr.Reduce;
import dev.woodpecker.compiler.expr.TensorExpr.TableAt;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;

/** Well-formed kernels of every construct, without regard to their sense; one for each seed. */
final class RandomKernels {
    /** Words of the text form, which are allowed as names too. */
    private static final List<String> NAMES = List.of(
            "x", "let", "or", "as", "in", "require", "table", "sum", "tensor", "Math", "Index", "Float", "origins",
            "index");

    private static final List<Kind> KINDS = List.of(Kind.values());

    private final Random random;
    private final List<Name> bound = new ArrayList<>();
    private final List<Table> tables = new ArrayList<>();
    private int names;

    private RandomKernels(long seed) {
        random = new Random(seed);
    }

    static KernelSpec kernel(long seed) {
        return new RandomKernels(seed).kernel();
    }

    private KernelSpec kernel() {
        for (int i = random.nextInt(3); i > 0; i--) {
            tables.add(table());
        }
        List<Parameter> parameters = list(4, () -> {
            Name name = bind(KINDS.get(random.nextInt(KINDS.size() - 1)));
            return new Parameter(name.name(), name.kind(), pick(Role.values()), string(), origin());
        });
        return new KernelSpec(
                "a.b.C.m" + (random.nextBoolean() ? "(Tensor,int[])" : ""),
                string().orElse(""),
                string().orElse("direct"),
                pick(Form.values()),
                parameters,
                list(3, () -> expression(Kind.BOOL, 3)),
                expression(pick(Kind.FLOAT_TENSOR, Kind.TENSORS, Kind.FLOAT, Kind.MASK_TENSOR), 6),
                list(3, () -> string().orElse("y")),
                list(2, () -> "x=" + random.nextInt(9)),
                origin());
    }

    private Table table() {
        int[] shape = random.ints(random.nextInt(3), 0, 4).toArray();
        int count = 1;
        for (int extent : shape) {
            count *= extent;
        }
        DType type = pick(DType.F32, DType.F64, DType.I32, DType.I64);
        double[] values = random.doubles(count).toArray();
        for (int i = 0; i < count; i++) {
            values[i] = type.isFloat() ? real(values[i]) : random.nextInt();
        }
        return new Table("T" + names++, type, shape, values);
    }

    private double real(double value) {
        return switch (random.nextInt(8)) {
            case 0 -> value;
            case 1 -> (float) value;
            case 2 -> random.nextInt(100) / 8.0;
            case 3 -> -value * 1e30;
            case 4 -> Double.NaN;
            case 5 -> Double.NEGATIVE_INFINITY;
            case 6 -> -0.0;
            default -> random.nextInt();
        };
    }

    private TensorExpr expression(Kind kind, int depth) {
        int choice = random.nextInt(10);
        if (depth > 0 && choice == 0) {
            TensorExpr value = expression(pick(KINDS.toArray(Kind[]::new)), depth - 1);
            return within(1, value.kind(), local -> new Let(local.getFirst(), value, expression(kind, depth - 1)));
        }
        List<Name> candidates = bound.stream().filter(n -> n.kind() == kind).toList();
        if (!candidates.isEmpty() && (choice == 1 || depth <= 0)) {
            return candidates.get(random.nextInt(candidates.size()));
        }
        if (kind.isElement() && depth > 0 && choice == 2) {
            return ranging(kind, depth);
        }
        if ((kind == Kind.FLOAT || kind == Kind.INT) && choice == 3 && !tables.isEmpty()) {
            Table table = tables.get(random.nextInt(tables.size()));
            if (table.type().isFloat() == (kind == Kind.FLOAT)) {
                return new TableAt(table, list(table.rank(), () -> expression(Kind.INT, depth - 1)), origin());
            }
        }
        return depth <= 0 ? leaf(kind) : operation(kind, depth - 1);
    }

    private TensorExpr leaf(Kind kind) {
        return switch (kind) {
            case INT -> new IntLiteral(random.nextBoolean() ? random.nextInt(-9, 9) : random.nextLong());
            case FLOAT -> new FloatLiteral(real(random.nextDouble()));
            case BOOL -> new BoolLiteral(random.nextBoolean());
            case INDEX -> apply(Op.INDEX_OF, kind, new IntLiteral(1));
            case INT_ARRAY -> apply(Op.ARRAY, kind);
            case FLOAT_ARRAY -> apply(Op.ARRAY, kind, new FloatLiteral(1));
            case FLOAT_TENSOR, INT_TENSOR, MASK_TENSOR ->
                new Build(kind, new Domain.Extents(List.of(), List.of()), leaf(kind.element()), origin());
            case TENSOR_LIST -> apply(Op.ARRAY, kind, leaf(Kind.FLOAT_TENSOR));
            case TENSORS -> apply(Op.OUTPUTS, kind, leaf(Kind.INT_TENSOR));
        };
    }

    private TensorExpr ranging(Kind kind, int depth) {
        if (kind == Kind.INT && random.nextBoolean()) {
            boolean greatest = random.nextBoolean();
            return over(depth, (domain, element) -> new ArgReduce(greatest, domain, element, origin()), Kind.FLOAT);
        }
        ReduceOp op = kind == Kind.BOOL
                ? pick(ReduceOp.ANY, ReduceOp.ALL)
                : pick(ReduceOp.SUM, ReduceOp.PROD, ReduceOp.MAX, ReduceOp.MIN);
        return over(depth, (domain, element) -> new Reduce(op, domain, element, origin()), kind);
    }

    private interface Ranging {
        TensorExpr make(Domain domain, TensorExpr element);
    }

    private TensorExpr over(int depth, Ranging maker, Kind element) {
        if (random.nextBoolean()) {
            TensorExpr shape = expression(Kind.INDEX, depth - 1);
            return within(
                    1,
                    Kind.INDEX,
                    n -> maker.make(new Domain.Over(n.getFirst(), shape), expression(element, depth - 1)));
        }
        List<TensorExpr> extents = list(3, () -> expression(Kind.INT, depth - 2));
        return within(
                extents.size(),
                Kind.INT,
                n -> maker.make(new Domain.Extents(n, extents), expression(element, depth - 1)));
    }

    private TensorExpr operation(Kind kind, int depth) {
        return switch (kind) {
            case INT ->
                switch (random.nextInt(6)) {
                    case 0 -> apply(Op.SIZE, kind, expression(tensorKind(), depth), expression(Kind.INT, depth));
                    case 1 -> apply(Op.GET, kind, expression(Kind.INDEX, depth), expression(Kind.INT, depth));
                    case 2 -> apply(Op.ELEMENT, kind, expression(Kind.INT_ARRAY, depth), expression(Kind.INT, depth));
                    case 3 -> read(kind, depth);
                    default -> arithmetic(kind, depth);
                };
            case FLOAT ->
                switch (random.nextInt(4)) {
                    case 0 -> apply(pick(Op.EXP, Op.TANH, Op.SQRT), kind, expression(kind, depth));
                    case 1 -> read(kind, depth);
                    default -> arithmetic(kind, depth);
                };
            case BOOL ->
                switch (random.nextInt(5)) {
                    case 0 -> apply(Op.NOT, kind, expression(kind, depth));
                    case 1 ->
                        apply(
                                pick(Op.AND_ALSO, Op.OR_ELSE, Op.AND, Op.XOR),
                                kind,
                                expression(kind, depth),
                                expression(kind, depth));
                    case 2 -> read(kind, depth);
                    default -> {
                        Kind compared = pick(Kind.INT, Kind.FLOAT);
                        yield apply(
                                pick(Op.LT, Op.GE, Op.EQ),
                                kind,
                                expression(compared, depth),
                                expression(compared, depth));
                    }
                };
            case INDEX ->
                switch (random.nextInt(4)) {
                    case 0 -> apply(Op.SHAPE, kind, expression(tensorKind(), depth));
                    case 1 ->
                        apply(
                                pick(Op.INDEX_CONCAT, Op.BROADCAST, Op.WITHIN),
                                kind,
                                expression(kind, depth),
                                expression(kind, depth));
                    case 2 -> apply(Op.PICK, kind, expression(kind, depth), expression(Kind.INT_ARRAY, depth));
                    default -> {
                        TensorExpr rank = expression(Kind.INT, depth);
                        yield within(1, Kind.INT, n -> new MapIndex(rank, n.getFirst(), expression(Kind.INT, depth)));
                    }
                };
            case FLOAT_TENSOR, INT_TENSOR, MASK_TENSOR ->
                random.nextInt(4) == 0
                        ? apply(Op.OUTPUT, kind, expression(Kind.TENSORS, depth), new IntLiteral(0))
                        : over(depth, (domain, element) -> new Build(kind, domain, element, origin()), kind.element());
            case TENSORS -> apply(Op.OUTPUTS, kind, expression(tensorKind(), depth), expression(tensorKind(), depth));
            case INT_ARRAY -> apply(Op.ARRAY, kind, expression(Kind.INT, depth), expression(Kind.INT, depth));
            case FLOAT_ARRAY -> apply(Op.ARRAY, kind, expression(Kind.FLOAT, depth));
            case TENSOR_LIST -> apply(Op.ARRAY, kind, expression(Kind.FLOAT_TENSOR, depth));
        };
    }

    private TensorExpr arithmetic(Kind kind, int depth) {
        return switch (random.nextInt(4)) {
            case 0 -> apply(kind == Kind.INT ? pick(Op.NEG, Op.BIT_NOT) : Op.NEG, kind, expression(kind, depth));
            case 1 ->
                apply(Op.SELECT, kind, expression(Kind.BOOL, depth), expression(kind, depth), expression(kind, depth));
            case 2 ->
                apply(pick(Op.MIN, Op.MAX, Op.MUL, Op.REM), kind, expression(kind, depth), expression(kind, depth));
            default -> apply(pick(Op.ADD, Op.SUB, Op.DIV), kind, expression(kind, depth), expression(kind, depth));
        };
    }

    private TensorExpr read(Kind element, int depth) {
        TensorExpr tensor = expression(element.tensor(), depth);
        List<TensorExpr> operands = new ArrayList<>(list(3, () -> expression(Kind.INT, depth)));
        operands.addFirst(tensor);
        if (random.nextBoolean()) {
            operands.addFirst(expression(element, depth));
            return new Apply(Op.AT_OR, element, operands, origin());
        }
        return new Apply(Op.AT, element, operands, origin());
    }

    private Apply apply(Op op, Kind kind, TensorExpr... operands) {
        return new Apply(op, kind, List.of(operands), origin());
    }

    private Kind tensorKind() {
        return pick(Kind.FLOAT_TENSOR, Kind.INT_TENSOR, Kind.MASK_TENSOR);
    }

    private interface Scoped {
        TensorExpr make(List<String> names);
    }

    private TensorExpr within(int count, Kind kind, Scoped body) {
        List<Name> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(bind(kind));
        }
        TensorExpr result = body.make(names.stream().map(Name::name).toList());
        bound.removeAll(names);
        return result;
    }

    private Name bind(Kind kind) {
        String word = names < NAMES.size() ? NAMES.get(names) : "v" + names;
        names++;
        Name name = new Name(word, kind);
        bound.add(name);
        return name;
    }

    private Origin origin() {
        return random.nextInt(4) == 0
                ? Origin.NONE
                : new Origin(pick("C.java", "Other File.java"), random.nextInt(1, 5), random.nextInt(1, 9));
    }

    private Optional<String> string() {
        return random.nextBoolean() ? Optional.empty() : Optional.of(pick("0", "-1.5", "a \"b\" \\ c", "caf\u00e9\n"));
    }

    private <T> List<T> list(int most, Supplier<T> element) {
        List<T> values = new ArrayList<>();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            values.add(element.get());
        }
        return values;
    }

    @SafeVarargs
    private <T> T pick(T... values) {
        return values[random.nextInt(values.length)];
    }
}
