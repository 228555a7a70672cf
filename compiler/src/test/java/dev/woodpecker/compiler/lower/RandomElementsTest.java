package dev.woodpecker.compiler.lower;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.emit.HostCompiler;
import dev.woodpecker.compiler.emit.NativeRun;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Evaluator;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.ir.UnaryOp;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random expressions over every element type, vectorised, legalised, printed and compiled, give the bits that direct
 * evaluation gives.
 */
class RandomElementsTest {
    private static final int ELEMENTS = 64;
    private static final List<DType> TYPES = List.of(
            DType.F64,
            DType.F32,
            DType.F16,
            DType.BF16,
            DType.I8,
            DType.U8,
            DType.I16,
            DType.U16,
            DType.I32,
            DType.U32,
            DType.I64,
            DType.U64,
            DType.BOOL);
    private static final List<MathFunction> NATIVE = List.of(
            MathFunction.ABS,
            MathFunction.SQRT,
            MathFunction.FLOOR,
            MathFunction.CEIL,
            MathFunction.RINT,
            MathFunction.TRUNC);

    private final Random random = new Random(1951);
    private final Expr.Var index = Expr.Var.index("i");

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private Expr expression(DType type, int depth) {
        if (depth == 0 || random.nextInt(8) == 0) {
            return leaf(type);
        }
        if (random.nextInt(5) == 0) {
            return new Expr.Cast(type, expression(one(TYPES), depth - 1));
        }
        if (random.nextInt(6) == 0) {
            return new Expr.Select(
                    expression(DType.BOOL, depth - 1), expression(type, depth - 1), expression(type, depth - 1));
        }
        return switch (type.kind()) {
            case BOOL -> truth(depth);
            case FLOAT -> real(type, depth);
            case SIGNED, UNSIGNED -> integer(type, depth);
        };
    }

    private Expr leaf(DType type) {
        if (random.nextInt(4) != 0) {
            return new Expr.Load(buffer("x_" + type.text(), type), List.of(index));
        }
        if (type == DType.BOOL) {
            return random.nextBoolean() ? Expr.TRUE : Expr.FALSE;
        }
        return type.isFloat()
                ? new Expr.FloatConst(Arithmetic.round(type, real()), type)
                : new Expr.IntConst(Arithmetic.wrap(type, whole()), type);
    }

    private Expr truth(int depth) {
        int kind = random.nextInt(4);
        if (kind == 0) {
            return new Expr.Unary(UnaryOp.NOT, expression(DType.BOOL, depth - 1));
        }
        if (kind == 1) {
            BinaryOp op = one(List.of(BinaryOp.AND, BinaryOp.OR, BinaryOp.XOR, BinaryOp.EQ, BinaryOp.NE));
            return new Expr.Binary(op, expression(DType.BOOL, depth - 1), expression(DType.BOOL, depth - 1));
        }
        DType type = one(TYPES.subList(0, TYPES.size() - 1));
        BinaryOp op = one(List.of(BinaryOp.LT, BinaryOp.LE, BinaryOp.GT, BinaryOp.GE, BinaryOp.EQ, BinaryOp.NE));
        return new Expr.Binary(op, expression(type, depth - 1), expression(type, depth - 1));
    }

    private Expr real(DType type, int depth) {
        if (random.nextInt(4) == 0) {
            return new Expr.Call(one(NATIVE), List.of(expression(type, depth - 1)));
        }
        if (random.nextInt(6) == 0) {
            return new Expr.Unary(UnaryOp.NEG, expression(type, depth - 1));
        }
        BinaryOp op = one(List.of(
                BinaryOp.ADD, BinaryOp.SUB, BinaryOp.MUL, BinaryOp.DIV, BinaryOp.MIN, BinaryOp.MAX, BinaryOp.REM));
        return new Expr.Binary(op, expression(type, depth - 1), expression(type, depth - 1));
    }

    private Expr integer(DType type, int depth) {
        if (random.nextInt(6) == 0) {
            UnaryOp op = random.nextBoolean() ? UnaryOp.NEG : UnaryOp.BIT_NOT;
            return new Expr.Unary(op, expression(type, depth - 1));
        }
        BinaryOp op = one(List.of(
                BinaryOp.ADD,
                BinaryOp.SUB,
                BinaryOp.MUL,
                BinaryOp.DIV,
                BinaryOp.REM,
                BinaryOp.MIN,
                BinaryOp.MAX,
                BinaryOp.AND,
                BinaryOp.OR,
                BinaryOp.XOR,
                BinaryOp.SHL,
                BinaryOp.SHR));
        Expr left = expression(type, depth - 1);
        Expr right = expression(type, depth - 1);
        boolean divides = op == BinaryOp.DIV || op == BinaryOp.REM;
        return new Expr.Binary(
                op, left, divides ? new Expr.Binary(BinaryOp.OR, right, new Expr.IntConst(1, type)) : right);
    }

    private double real() {
        double[] special = {
            0, -0.0, 1, -1, 0.5, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e-40, 65504, 3e38
        };
        return random.nextInt(3) == 0 ? special[random.nextInt(special.length)] : random.nextGaussian() * 20;
    }

    private long whole() {
        long[] special = {
            0, 1, -1, 127, -128, 32767, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
        };
        return random.nextInt(3) == 0 ? special[random.nextInt(special.length)] : random.nextInt(200) - 100;
    }

    private static Buffer buffer(String name, DType type) {
        return Buffer.rowMajor(name, type, List.of(Expr.index(ELEMENTS)), Scope.GLOBAL);
    }

    private HostTensor input(DType type) {
        if (type.isFloat()) {
            double[] values = random.doubles(ELEMENTS)
                    .map(d -> Arithmetic.round(type, real()))
                    .toArray();
            return HostTensor.ofReals(type, values, ELEMENTS);
        }
        long[] values = random.longs(ELEMENTS)
                .map(l -> Arithmetic.wrap(type, type == DType.BOOL ? l : whole()))
                .toArray();
        return HostTensor.ofIntegers(type, values, ELEMENTS);
    }

    /** {@code y[i] = e} for all elements, in vectors of {@code lanes}. */
    private Stmt loops(Expr e, Buffer y, int lanes) {
        Expr.Var block = Expr.Var.index("block");
        Expr.Var lane = Expr.Var.index("lane");
        Expr at = new Expr.Binary(BinaryOp.ADD, new Expr.Binary(BinaryOp.MUL, block, Expr.index(lanes)), lane);
        Stmt store = new Stmt.Store(y, List.of(index), e, Origin.NONE);
        Stmt body = store.rewrite(
                s -> s instanceof Stmt.Store st ? new Stmt.Store(y, List.of(at), st.value(), Origin.NONE) : s,
                x -> x.rewrite(n -> n.equals(index) ? at : n));
        return loop(block, ELEMENTS / lanes, Loop.Binding.PARALLEL, loop(lane, lanes, Loop.Binding.VECTOR, body));
    }

    private static Stmt loop(Expr.Var variable, long extent, Loop.Binding binding, Stmt body) {
        return new Stmt.For(
                new Loop(variable, Expr.index(extent), binding, Loop.Carrier.SPATIAL, Optional.empty(), Origin.NONE),
                body);
    }

    private static LoweredKernel kernel(String symbol, Stmt body, Expr e, Buffer y, int blocks, Target target) {
        Map<String, Buffer> inputs = new TreeMap<>();
        e.anyMatch(n -> n instanceof Expr.Load l && inputs.put(l.buffer().name(), l.buffer()) != null && false);
        List<LoweredKernel.Argument> arguments = new ArrayList<>();
        inputs.values().forEach(b -> arguments.add(new LoweredKernel.Argument(b, LoweredKernel.Role.INPUT)));
        arguments.add(new LoweredKernel.Argument(y, LoweredKernel.Role.OUTPUT));
        Stmt lowered = ScalarizeRegisters.apply(Unroll.apply(Vectorize.apply(FlattenIndices.apply(body), target)));
        lowered = LegalizeTypes.apply(LegalizeMath.apply(Simplifier.simplify(lowered), Numerics.STRICT), target);
        lowered = HoistInvariants.apply(Simplifier.simplify(lowered));
        LoweredKernel.Phase phase = new LoweredKernel.Phase(
                symbol, Expr.index(blocks), PlanScratch.bytes(lowered), LoweredKernel.Launch.NONE, lowered);
        return new LoweredKernel(symbol, target, Numerics.STRICT, arguments, List.of(), List.of(phase), List.of());
    }

    @ParameterizedTest(name = "{0}, {1} lanes")
    @CsvSource({"cpu:x86-64-v4, 16", "cpu:x86-64-v3, 8", "cpu:x86-64-v2, 4", "cpu:x86-64-v4, 1"})
    void compiledExpressionsGiveTheBitsOfDirectEvaluation(String targetName, int lanes, @TempDir Path directory)
            throws Exception {
        HostCompiler compiler = new HostCompiler(directory);
        Target target = Target.parse(targetName);
        List<Expr> expressions = new ArrayList<>();
        List<LoweredKernel> kernels = new ArrayList<>();
        for (int k = 0; k < 60; k++) {
            DType type = TYPES.get(k % TYPES.size());
            Expr e = expression(type, 4);
            Buffer y = buffer("y", type);
            expressions.add(e);
            kernels.add(kernel("k" + k, loops(e, y, lanes), e, y, ELEMENTS / lanes, target));
        }
        Path library = compiler.compile(
                CPrinter.print(kernels, Dialect.C),
                "-O2",
                "-march=" + target.architecture(),
                "-ffp-contract=off",
                "-Wno-sign-compare",
                "-Wno-type-limits",
                "-Wno-tautological-compare");
        for (int k = 0; k < kernels.size(); k++) {
            Map<String, HostTensor> inputs = new TreeMap<>();
            for (DType type : TYPES) {
                inputs.put("x_" + type.text(), input(type));
            }
            HostTensor y = NativeRun.run(library, kernels.get(k), inputs).output("y");
            check(k, expressions.get(k), inputs, y);
        }
    }

    private void check(int k, Expr e, Map<String, HostTensor> inputs, HostTensor actual) {
        Evaluator evaluator = new Evaluator();
        inputs.forEach((name, tensor) -> evaluator.buffer(name, values(tensor)));
        for (int i = 0; i < ELEMENTS; i++) {
            Object value = evaluator.set("i", i).evaluate(e);
            String text = "kernel " + k + " at " + i + ": " + IrText.of(e);
            if (e.type().isFloat()) {
                assertThat(actual.real(i)).as(text).isEqualTo(Double.valueOf(((double[]) value)[0]));
            } else {
                assertThat(actual.integer(i)).as(text).isEqualTo(((long[]) value)[0]);
            }
        }
    }

    private static Object values(HostTensor tensor) {
        if (tensor.type().isFloat()) {
            double[] values = new double[tensor.elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = tensor.real(i);
            }
            return values;
        }
        long[] values = new long[tensor.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.integer(i);
        }
        return values;
    }
}
