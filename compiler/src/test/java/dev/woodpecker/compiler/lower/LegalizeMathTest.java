package dev.woodpecker.compiler.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.emit.HostCompiler;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Evaluator;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

class LegalizeMathTest {
    private static final String NATIVE = "ABS|SQRT|FLOOR|CEIL|RINT|TRUNC|EXP2";

    /** {@code y[i] = function(x[i])}, or of {@code x[i]} and {@code z[i]}. */
    private static Stmt body(MathFunction function, DType type, Expr index, int elements) {
        List<Expr> shape = List.of(Expr.index(elements));
        List<Expr> arguments = new ArrayList<>();
        arguments.add(new Expr.Load(Buffer.rowMajor("x", type, shape, Scope.GLOBAL), List.of(index)));
        if (function.arity() == 2) {
            arguments.add(new Expr.Load(Buffer.rowMajor("z", type, shape, Scope.GLOBAL), List.of(index)));
        }
        Buffer y = Buffer.rowMajor("y", type, shape, Scope.GLOBAL);
        return new Stmt.Store(y, List.of(index), new Expr.Call(function, arguments), Origin.NONE);
    }

    /** What the function is in double precision. */
    private static double reference(MathFunction function, double x, double z) {
        return switch (function) {
            case EXP -> StrictMath.exp(x);
            case EXPM1 -> StrictMath.expm1(x);
            case LOG -> StrictMath.log(x);
            case LOG1P -> StrictMath.log1p(x);
            case SIN -> StrictMath.sin(x);
            case COS -> StrictMath.cos(x);
            case TAN -> StrictMath.tan(x);
            case ASIN -> StrictMath.asin(x);
            case ACOS -> StrictMath.acos(x);
            case ATAN -> StrictMath.atan(x);
            case SINH -> StrictMath.sinh(x);
            case COSH -> StrictMath.cosh(x);
            case TANH -> StrictMath.tanh(x);
            case ASINH -> Math.copySign(asinh(Math.abs(x)), x);
            case ACOSH ->
                x < 1
                        ? Double.NaN
                        : x > 1e8
                                ? StrictMath.log(x) + StrictMath.log(2)
                                : StrictMath.log1p((x - 1) + StrictMath.sqrt((x - 1) * (x + 1)));
            case ATANH -> Math.copySign(StrictMath.log1p(2 * Math.abs(x) / (1 - Math.abs(x))) / 2, x);
            case ERF -> erf(x);
            case POW -> StrictMath.pow(x, z);
            case ABS, SQRT, FLOOR, CEIL, RINT, TRUNC, EXP2 -> throw new AssertionError(function);
        };
    }

    private static double asinh(double x) {
        return x > 1e8
                ? StrictMath.log(x) + StrictMath.log(2)
                : StrictMath.log1p(x + x * x / (StrictMath.sqrt(x * x + 1) + 1));
    }

    /** {@code 2/sqrt(pi) e^(-x^2) (x + 2x^3/3 + 4x^5/15 + ...)}: all terms have one sign. */
    private static double erf(double x) {
        if (Double.isNaN(x) || Math.abs(x) > 6.5) {
            return Double.isNaN(x) ? x : Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; n < 300; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return sum == 0 ? x : 2 / Math.sqrt(Math.PI) * StrictMath.exp(-x * x) * sum;
    }

    /** Distance of {@code actual} from the exact value in units of the last place of the nearest float. */
    private static double ulps(double exact, float actual) {
        float nearest = (float) exact;
        if (Float.isNaN(nearest) || Float.isInfinite(nearest) || nearest == 0) {
            boolean same = Float.floatToIntBits(nearest) == Float.floatToIntBits(actual);
            boolean close = Float.isFinite(nearest) && Math.abs(actual) <= 2 * Float.MIN_VALUE;
            boolean atTheEdge =
                    Float.isInfinite(nearest) && Math.abs(actual) == Float.MAX_VALUE && Math.abs(exact) < 3.4028236e38;
            return same ? 0 : close || atTheEdge ? 1 : Double.POSITIVE_INFINITY;
        }
        return Math.abs(actual - exact) / Math.ulp(nearest);
    }

    private static float[] samples(int count, long seed) {
        Random random = new Random(seed);
        float[] special = {
            0f,
            -0f,
            1f,
            -1f,
            Float.NaN,
            Float.intBitsToFloat(0x7fc00001),
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.MIN_VALUE,
            -Float.MIN_VALUE,
            Float.MIN_NORMAL,
            Float.MAX_VALUE,
            -Float.MAX_VALUE,
            0.5f,
            -0.5f,
            88.72283f,
            88.722839f,
            -87.33655f,
            -103.97207f,
            -103.97208f,
            0.70710678f,
            1.41421356f,
            1.5707964f,
            3.1415927f,
            1e5f,
            1e10f,
            1e20f,
            2f,
            3f,
            0.625f
        };
        float[] samples = new float[count];
        for (int i = 0; i < count; i++) {
            samples[i] = i < special.length
                    ? special[i]
                    : switch (i % 4) {
                        case 0 -> Float.intBitsToFloat(random.nextInt());
                        case 1 -> (float) (random.nextGaussian() * 3);
                        case 2 -> (random.nextFloat() * 2 - 1);
                        default -> (random.nextFloat() * 2 - 1) * 100;
                    };
        }
        return samples;
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = NATIVE)
    void singlePrecisionIsWithinTwoUnitsInTheLastPlace(MathFunction function) {
        int count = 6000;
        float[] x = samples(count, 1);
        float[] z = samples(count, 2);
        Stmt legal =
                Simplifier.simplify(LegalizeMath.apply(body(function, DType.F32, Expr.index(0), 1), Numerics.STRICT));
        double worst = 0;
        for (int i = 0; i < count; i++) {
            double[] y = {0};
            new Evaluator()
                    .buffer("x", new double[] {x[i]})
                    .buffer("z", new double[] {z[i]})
                    .buffer("y", y)
                    .run(legal);
            double error = ulps(reference(function, x[i], z[i]), (float) y[0]);
            assertThat(error)
                    .as("%s(%s, %s) = %s", function, x[i], z[i], (float) y[0])
                    .isLessThanOrEqualTo(2);
            worst = Math.max(worst, error);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = NATIVE)
    void doublePrecisionIsGoodToTwelveDigits(MathFunction function) {
        Random random = new Random(3);
        Stmt legal =
                Simplifier.simplify(LegalizeMath.apply(body(function, DType.F64, Expr.index(0), 1), Numerics.STRICT));
        double worst = 0;
        for (int i = 0; i < 2000; i++) {
            double x = i % 2 == 0 ? random.nextGaussian() * 5 : random.nextDouble() * 2 - 1;
            double z = random.nextGaussian() * 3;
            double[] y = {0};
            new Evaluator()
                    .buffer("x", new double[] {x})
                    .buffer("z", new double[] {z})
                    .buffer("y", y)
                    .run(legal);
            double exact = reference(function, x, z);
            if (Double.isNaN(exact)) {
                assertThat(y[0]).as("%s(%s)", function, x).isNaN();
                continue;
            }
            double error = Math.abs(y[0] - exact) / Math.max(Math.abs(exact), 1e-300);
            assertThat(error)
                    .as("%s(%s, %s) = %s not %s", function, x, z, y[0], exact)
                    .isLessThan(1e-12);
            worst = Math.max(worst, error);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = NATIVE)
    void compiledVectorsAgree(MathFunction function, @TempDir Path directory) throws Exception {
        compiledVectorsAgree(function, Numerics.STRICT, directory);
    }

    @ParameterizedTest
    @EnumSource(names = {"EXP", "TANH"})
    void compiledVectorsAgreeWhereNumericsAreNotStrict(MathFunction function, @TempDir Path directory)
            throws Exception {
        compiledVectorsAgree(function, Numerics.FP32, directory);
    }

    private static void compiledVectorsAgree(MathFunction function, Numerics numerics, Path directory)
            throws Exception {
        HostCompiler compiler = new HostCompiler(directory);
        int count = 16 * 1024;
        Expr.Var o = Expr.Var.index("o");
        Expr.Var l = Expr.Var.index("l");
        Expr index = new Expr.Binary(BinaryOp.ADD, new Expr.Binary(BinaryOp.MUL, o, Expr.index(16)), l);
        Stmt inner = new Stmt.For(
                new Loop(l, Expr.index(16), Loop.Binding.VECTOR, Loop.Carrier.SPATIAL, Optional.empty(), Origin.NONE),
                body(function, DType.F32, index, count));
        Stmt loop = new Stmt.For(
                new Loop(
                        o,
                        Expr.index(count / 16),
                        Loop.Binding.PARALLEL,
                        Loop.Carrier.SPATIAL,
                        Optional.empty(),
                        Origin.NONE),
                inner);
        Target target = Target.parse("cpu:x86-64-v4");
        Stmt lowered = LegalizeTypes.apply(
                LegalizeMath.apply(Vectorize.apply(FlattenIndices.apply(loop), target), numerics), target);
        List<LoweredKernel.Argument> arguments = new ArrayList<>();
        for (String name : List.of("x", "z", "y")) {
            Buffer buffer = Buffer.rowMajor(name, DType.F32, List.of(Expr.index(count)), Scope.GLOBAL);
            arguments.add(new LoweredKernel.Argument(
                    buffer, name.equals("y") ? LoweredKernel.Role.OUTPUT : LoweredKernel.Role.INPUT));
        }
        LoweredKernel kernel = new LoweredKernel(
                function.text(),
                target,
                numerics,
                arguments,
                List.of(),
                List.of(new LoweredKernel.Phase(
                        "f", Expr.index(count / 16), 0, LoweredKernel.Launch.NONE, Simplifier.simplify(lowered))),
                List.of());
        Path library =
                compiler.compile(CPrinter.print(kernel, Dialect.C), "-O2", "-march=native", "-ffp-contract=fast");
        float[] x = samples(count, 4);
        float[] z = samples(count, 5);
        float[] y = new float[count];
        assertThat(HostCompiler.call(library, "f", count / 16, 0, x, z, y)).isZero();
        for (int i = 0; i < count; i++) {
            double exact = reference(function, x[i], z[i]);
            boolean flushed = numerics != Numerics.STRICT && Math.abs(exact) < Float.MIN_NORMAL && y[i] == 0;
            double error = flushed ? 0 : ulps(exact, y[i]);
            assertThat(error).as("%s(%s, %s) = %s", function, x[i], z[i], y[i]).isLessThanOrEqualTo(2);
        }
    }

    private static Stmt legalPower(double exponent) {
        List<Expr> shape = List.of(Expr.index(1));
        Expr x = new Expr.Load(Buffer.rowMajor("x", DType.F32, shape, Scope.GLOBAL), List.of(Expr.index(0)));
        Expr power = new Expr.Call(MathFunction.POW, List.of(x, new Expr.FloatConst(exponent, DType.F32)));
        return LegalizeMath.apply(
                new Stmt.Store(
                        Buffer.rowMajor("y", DType.F32, shape, Scope.GLOBAL),
                        List.of(Expr.index(0)),
                        power,
                        Origin.NONE),
                Numerics.STRICT);
    }

    private static float run(Stmt legal, float x) {
        double[] y = {0};
        new Evaluator().buffer("x", new double[] {x}).buffer("y", y).run(legal);
        return (float) y[0];
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 2, 3, -1, 0.5, -0.5, 0.25, 0.75})
    void powersOfSimpleExponentsAreProductsAndRoots(double exponent) {
        Stmt legal = legalPower(exponent);
        assertThat(legal.toString()).doesNotContain("F64").doesNotContain("POW");
        for (float x : samples(4000, 6)) {
            assertThat(ulps(Math.pow(x, exponent), run(legal, x)))
                    .as("%s ^ %s = %s", x, exponent, run(legal, x))
                    .isLessThanOrEqualTo(2);
        }
    }

    @Test
    void otherPowersAreComputedInDoublePrecision() {
        assertThat(legalPower(0.6).toString()).contains("F64");
    }

    @Test
    void anExponentialThatIsNoNormalNumberIsZeroUnlessStrict() {
        Stmt exponential = body(MathFunction.EXP, DType.F32, Expr.index(0), 1);
        Stmt legal = LegalizeMath.apply(exponential, Numerics.FP32);
        Stmt strict = LegalizeMath.apply(exponential, Numerics.STRICT);
        assertThat(run(strict, -90f)).isStrictlyBetween(0f, Float.MIN_NORMAL);
        assertThat(run(legal, -90f)).isZero();
        for (float x : samples(4000, 7)) {
            float y = run(legal, x);
            if (Math.exp(x) < Float.MIN_NORMAL) {
                assertThat(y).as("exp(%s)", x).isZero();
            } else {
                assertThat(y)
                        .as("exp(%s)", x)
                        .satisfies(value -> assertThat(ulps(Math.exp(x), value)).isLessThanOrEqualTo(2));
            }
        }
    }

    @Test
    void aProductWithAReciprocalIsAQuotientUnlessStrict() {
        List<Expr> shape = List.of(Expr.index(1));
        Expr x = new Expr.Load(Buffer.rowMajor("x", DType.F32, shape, Scope.GLOBAL), List.of(Expr.index(0)));
        Buffer y = Buffer.rowMajor("y", DType.F32, shape, Scope.GLOBAL);
        Expr three = new Expr.FloatConst(3, DType.F32);
        Expr reciprocal = new Expr.Binary(BinaryOp.DIV, new Expr.FloatConst(1, DType.F32), three);
        for (Expr product :
                List.of(new Expr.Binary(BinaryOp.MUL, x, reciprocal), new Expr.Binary(BinaryOp.MUL, reciprocal, x))) {
            Stmt store = new Stmt.Store(y, List.of(Expr.index(0)), product, Origin.NONE);
            assertThat(LegalizeMath.apply(store, Numerics.STRICT)).isEqualTo(store);
            assertThat(LegalizeMath.apply(store, Numerics.FP32))
                    .isEqualTo(new Stmt.Store(
                            y, List.of(Expr.index(0)), new Expr.Binary(BinaryOp.DIV, x, three), Origin.NONE));
        }
    }

    /** To 2^-22 and what the product with the constant is off, far below the last bit of a half. */
    @Test
    void anExponentialIsAnInstructionWhereResultsAreHalves() {
        Stmt exponential = body(MathFunction.EXP, DType.F32, Expr.index(0), 1);
        for (Numerics numerics : Numerics.values()) {
            assertThat(LegalizeMath.apply(exponential, numerics).toString().contains("EXP2"))
                    .isEqualTo(numerics == Numerics.FP16 || numerics == Numerics.BF16);
        }
        Stmt legal = LegalizeMath.apply(exponential, Numerics.FP16);
        for (float x : new float[] {0, 1, -1, 10.5f, -20.25f, Float.NEGATIVE_INFINITY}) {
            assertThat((double) run(legal, x)).isCloseTo(Math.exp(x), withinPercentage(2e-3));
        }
    }
}
