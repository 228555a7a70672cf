package dev.woodpecker.compiler.interp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.expr.Binding;
import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.expr.KernelText;
import dev.woodpecker.compiler.expr.Kind;
import dev.woodpecker.compiler.expr.Op;
import dev.woodpecker.compiler.expr.Specializer;
import dev.woodpecker.compiler.expr.TensorExpr;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.TensorProgram;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random kernels on floats and ints: folding and typing never change a bit of what Java computes. */
class RandomElementwiseTest {
    private static final int KERNELS = 400;
    private static final float[] FLOATS = {
        0f,
        -0f,
        1f,
        -1f,
        0.5f,
        2f,
        3.25f,
        -7.5f,
        1e-3f,
        1e30f,
        -1e30f,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY
    };
    private static final long[] INTS = {
        0, 1, -1, 2, 7, -13, 100, Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 40, -(1L << 40)
    };

    @Test
    void whatIsInterpretedIsWhatJavaComputes() {
        for (long seed = 0; seed < KERNELS; seed++) {
            Kernel kernel = new Kernel(new Random(seed));
            TensorExpr body = kernel.generate(4, true);
            KernelSpec spec = spec(body);
            int n = 24;
            float[] x = new float[n];
            float[] y = new float[n];
            long[] m = new long[n];
            float[] expected = new float[n];
            for (int i = 0; i < n; i++) {
                x[i] = kernel.aFloat();
                y[i] = kernel.aFloat();
                m[i] = kernel.anInt();
                expected[i] = ((Number) evaluate(body, x[i], y[i], m[i])).floatValue();
            }
            Binding binding = Binding.of("random")
                    .tensor("x", DType.F32, n)
                    .tensor("y", DType.F32, n)
                    .tensor("m", DType.I64, n);
            TensorProgram program = Specializer.specialize(spec, binding);
            HostTensor result = Interpreter.run(
                            program,
                            Map.of(
                                    "x", HostTensor.of(x, n),
                                    "y", HostTensor.of(y, n),
                                    "m", HostTensor.ofIntegers(DType.I64, m, n)))
                    .get("out");
            assertThat(result)
                    .as("seed %d%n%s%s", seed, KernelText.print(spec), IrText.of(program))
                    .isEqualTo(HostTensor.of(expected, n));
        }
    }

    private static KernelSpec spec(TensorExpr body) {
        List<KernelSpec.Parameter> parameters = List.of(
                new KernelSpec.Parameter("x", Kind.FLOAT, KernelSpec.Role.INPUT, Optional.empty(), Origin.NONE),
                new KernelSpec.Parameter("y", Kind.FLOAT, KernelSpec.Role.INPUT, Optional.empty(), Origin.NONE),
                new KernelSpec.Parameter("m", Kind.INT, KernelSpec.Role.INPUT, Optional.empty(), Origin.NONE));
        return new KernelSpec(
                "com.acme.Random.kernel",
                "Random",
                "",
                KernelSpec.Form.ELEMENTWISE,
                parameters,
                List.of(),
                body,
                List.of("out"),
                List.of(),
                Origin.NONE);
    }

    /** Generates expressions over {@code x}, {@code y} and {@code m}. */
    private record Kernel(Random random) {
        private static final List<Op> FLOAT_BINARY = List.of(Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.MIN, Op.MAX);
        private static final List<Op> FLOAT_UNARY =
                List.of(Op.NEG, Op.ABS, Op.SQRT, Op.FLOOR, Op.CEIL, Op.RINT, Op.TRUNC, Op.SIGNUM, Op.EXP, Op.TANH);
        private static final List<Op> INT_BINARY = List.of(
                Op.ADD,
                Op.SUB,
                Op.MUL,
                Op.MIN,
                Op.MAX,
                Op.AND,
                Op.OR,
                Op.XOR,
                Op.SHL,
                Op.SHR,
                Op.USHR,
                Op.DIV,
                Op.REM,
                Op.FLOOR_DIV,
                Op.FLOOR_MOD);
        private static final List<Op> COMPARISONS = List.of(Op.LT, Op.LE, Op.GT, Op.GE, Op.EQ, Op.NE);

        float aFloat() {
            return random.nextBoolean() ? FLOATS[random.nextInt(FLOATS.length)] : (float) random.nextGaussian();
        }

        long anInt() {
            return random.nextBoolean() ? INTS[random.nextInt(INTS.length)] : random.nextInt(200) - 100;
        }

        TensorExpr generate(int depth, boolean isFloat) {
            if (depth == 0 || random.nextInt(6) == 0) {
                return isFloat
                        ? floatLeaf()
                        : random.nextBoolean()
                                ? new TensorExpr.IntLiteral(anInt())
                                : new TensorExpr.Name("m", Kind.INT);
            }
            if (random.nextInt(5) == 0) {
                return apply(
                        Op.SELECT, condition(depth - 1), generate(depth - 1, isFloat), generate(depth - 1, isFloat));
            }
            return isFloat ? floats(depth) : ints(depth);
        }

        private TensorExpr floatLeaf() {
            return switch (random.nextInt(3)) {
                case 0 -> new TensorExpr.FloatLiteral(aFloat());
                case 1 -> new TensorExpr.Name("x", Kind.FLOAT);
                default -> new TensorExpr.Name("y", Kind.FLOAT);
            };
        }

        private TensorExpr floats(int depth) {
            return switch (random.nextInt(8)) {
                case 0 -> apply(Op.TO_FLOAT, generate(depth - 1, false));
                case 1, 2 -> apply(one(FLOAT_UNARY), generate(depth - 1, true));
                default -> apply(one(FLOAT_BINARY), generate(depth - 1, true), generate(depth - 1, true));
            };
        }

        private TensorExpr ints(int depth) {
            if (random.nextInt(8) == 0) {
                return apply(Op.TO_INT, generate(depth - 1, true));
            }
            Op op = one(INT_BINARY);
            boolean divides = op == Op.DIV || op == Op.REM || op == Op.FLOOR_DIV || op == Op.FLOOR_MOD;
            // A divisor of zero is no value in Java.
            TensorExpr right = divides
                    ? new TensorExpr.IntLiteral(random.nextBoolean() ? 1 + random.nextInt(9) : -1 - random.nextInt(9))
                    : generate(depth - 1, false);
            return apply(op, generate(depth - 1, false), right);
        }

        private TensorExpr condition(int depth) {
            return switch (random.nextInt(4)) {
                case 0 -> apply(random.nextBoolean() ? Op.AND_ALSO : Op.OR_ELSE, comparison(depth), comparison(depth));
                case 1 -> apply(Op.NOT, comparison(depth));
                default -> comparison(depth);
            };
        }

        private TensorExpr comparison(int depth) {
            boolean isFloat = random.nextBoolean();
            int inner = Math.max(0, depth - 1);
            return apply(one(COMPARISONS), generate(inner, isFloat), generate(inner, isFloat));
        }

        private Op one(List<Op> ops) {
            return ops.get(random.nextInt(ops.size()));
        }

        private static TensorExpr apply(Op op, TensorExpr... operands) {
            return new TensorExpr.Apply(
                    op,
                    op.kind(List.of(operands).stream().map(TensorExpr::kind).toList()),
                    List.of(operands),
                    Origin.NONE);
        }
    }

    /** What Java computes: {@code Float}, {@code Long} or {@code Boolean}. */
    private static Object evaluate(TensorExpr e, float x, float y, long m) {
        return switch (e) {
            case TensorExpr.IntLiteral l -> l.value();
            case TensorExpr.FloatLiteral l -> (float) l.value();
            case TensorExpr.Name name ->
                name.name().equals("x") ? (Object) x : name.name().equals("y") ? (Object) y : (Object) m;
            case TensorExpr.Apply apply -> {
                List<Object> v =
                        apply.operands().stream().map(o -> evaluate(o, x, y, m)).toList();
                yield switch (v.getFirst()) {
                    case Float a when apply.op() == Op.TO_INT -> (long) (float) a;
                    case Float a -> floatOp(apply.op(), a, v.size() > 1 ? (Float) v.get(1) : 0f);
                    case Long a when apply.op() == Op.TO_FLOAT -> (float) (long) a;
                    case Long a -> longOp(apply.op(), a, v.size() > 1 ? (Long) v.get(1) : 0L);
                    case Boolean a ->
                        switch (apply.op()) {
                            case SELECT -> a ? v.get(1) : v.get(2);
                            case NOT -> !a;
                            case AND_ALSO -> a && (Boolean) v.get(1);
                            case OR_ELSE -> a || (Boolean) v.get(1);
                            default -> throw new AssertionError(apply.op());
                        };
                    default -> throw new AssertionError(v);
                };
            }
            default -> throw new AssertionError(e);
        };
    }

    private static Object floatOp(Op op, float a, float b) {
        return switch (op) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
            case NEG -> -a;
            case ABS -> Math.abs(a);
            case SQRT -> (float) Math.sqrt(a);
            case FLOOR -> (float) Math.floor(a);
            case CEIL -> (float) Math.ceil(a);
            case RINT -> (float) Math.rint(a);
            case TRUNC -> (float) (a < 0 ? Math.ceil(a) : Math.floor(a));
            case SIGNUM -> Math.signum(a);
            case EXP -> (float) Math.exp(a);
            case TANH -> (float) Math.tanh(a);
            case LT -> a < b;
            case LE -> a <= b;
            case GT -> a > b;
            case GE -> a >= b;
            case EQ -> a == b;
            case NE -> a != b;
            default -> throw new AssertionError(op);
        };
    }

    private static Object longOp(Op op, long a, long b) {
        return switch (op) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case REM -> a % b;
            case FLOOR_DIV -> Math.floorDiv(a, b);
            case FLOOR_MOD -> Math.floorMod(a, b);
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
            case AND -> a & b;
            case OR -> a | b;
            case XOR -> a ^ b;
            case SHL -> a << b;
            case SHR -> a >> b;
            case USHR -> a >>> b;
            case LT -> a < b;
            case LE -> a <= b;
            case GT -> a > b;
            case GE -> a >= b;
            case EQ -> a == b;
            case NE -> a != b;
            default -> throw new AssertionError(op);
        };
    }
}
