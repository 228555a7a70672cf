package dev.woodpecker.compiler.lower;

import static dev.woodpecker.compiler.lower.Loops.add;
import static dev.woodpecker.compiler.lower.Loops.f;
import static dev.woodpecker.compiler.lower.Loops.mul;
import static dev.woodpecker.compiler.lower.Loops.op;
import static dev.woodpecker.compiler.lower.Loops.v;
import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.emit.HostCompiler;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.IrText;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClampsOfIntegersTest {
    private static final int COUNT = 4096;
    private static final Buffer X = Buffer.rowMajor("x", DType.F32, List.of(Expr.index(COUNT)), Scope.GLOBAL);
    private static final Buffer Y = Buffer.rowMajor("y", DType.F32, List.of(Expr.index(COUNT)), Scope.GLOBAL);

    private static Expr x(Expr index) {
        return new Expr.Load(X, List.of(index));
    }

    private static Expr clamped(Expr e, double least, double greatest) {
        return op(BinaryOp.MAX, op(BinaryOp.MIN, e, f(greatest)), f(least));
    }

    private static Expr rounded(Expr e) {
        return new Expr.Call(MathFunction.RINT, List.of(e));
    }

    private static Expr integer(Expr e) {
        return new Expr.Cast(DType.F32, new Expr.Cast(DType.I32, e));
    }

    /** An activation from 0 to 6, quantised to unsigned bytes. */
    private static Expr quantized(Expr x, double factor, double zeroPoint) {
        return integer(clamped(add(rounded(mul(clamped(x, 0, 6), f(factor))), f(zeroPoint)), 0, 255));
    }

    private static String shortened(Expr e) {
        Stmt store = new Stmt.Store(Y, List.of(v("i")), e, Origin.NONE);
        return IrText.of(ClampsOfIntegers.apply(store)).strip();
    }

    private static String text(Expr e) {
        return IrText.of(new Stmt.Store(Y, List.of(v("i")), e, Origin.NONE)).strip();
    }

    @Test
    void limitsThatCannotBeReachedAreDropped() {
        Expr x = x(v("i"));
        Expr relu = op(BinaryOp.MAX, op(BinaryOp.MIN, x, f(6)), f(-0.0));
        assertThat(shortened(quantized(x, 42.5, 0))).isEqualTo(text(integer(rounded(mul(relu, f(42.5))))));
    }

    @Test
    void limitsThatMayBeReachedStay() {
        Expr x = x(v("i"));
        Expr relu = op(BinaryOp.MAX, op(BinaryOp.MIN, x, f(6)), f(-0.0));
        Expr sum = add(rounded(mul(relu, f(42.5))), f(3));
        assertThat(shortened(quantized(x, 42.5, 3))).isEqualTo(text(integer(op(BinaryOp.MIN, sum, f(255)))));
        // What is added to a product may be so before the product is rounded.
        Expr fused = clamped(add(mul(relu, f(42.5)), f(-1)), -1, 300);
        assertThat(shortened(integer(fused))).isEqualTo(text(integer(fused)));
    }

    @Test
    void floatsKeepTheSignsOfTheirZeros() {
        Expr relu = clamped(x(v("i")), 0, 6);
        assertThat(shortened(relu)).isEqualTo(text(relu));
    }

    private static float[] samples() {
        Random random = new Random(7);
        float[] special = {
            0f,
            -0f,
            Float.NaN,
            -1f,
            6f,
            7f,
            0.5f / 42.5f,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.MIN_VALUE,
            Float.MAX_VALUE,
            -Float.MAX_VALUE
        };
        float[] samples = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            samples[i] = i < special.length ? special[i] : (float) (random.nextGaussian() * 5);
        }
        return samples;
    }

    private static float[] compiled(Expr.Var outer, Expr.Var lane, int lanes, Expr e, String target, Path directory)
            throws Exception {
        Expr index = add(mul(outer, lanes), lane);
        Stmt store = new Stmt.Store(Y, List.of(index), e, Origin.NONE);
        Stmt inner = new Stmt.For(
                new Loop(
                        lane,
                        Expr.index(lanes),
                        Loop.Binding.VECTOR,
                        Loop.Carrier.SPATIAL,
                        Optional.empty(),
                        Origin.NONE),
                store);
        Expr extent = Expr.index(COUNT / lanes);
        Stmt loop = new Stmt.For(
                new Loop(outer, extent, Loop.Binding.PARALLEL, Loop.Carrier.SPATIAL, Optional.empty(), Origin.NONE),
                inner);
        Target cpu = Target.parse(target);
        Stmt vectors = Vectorize.apply(FlattenIndices.apply(loop), cpu);
        Stmt legal = LegalizeTypes.apply(
                LegalizeMath.apply(ClampsOfIntegers.apply(Simplifier.simplify(vectors)), Numerics.STRICT), cpu);
        LoweredKernel kernel = new LoweredKernel(
                "clamp",
                cpu,
                Numerics.STRICT,
                List.of(
                        new LoweredKernel.Argument(X, LoweredKernel.Role.INPUT),
                        new LoweredKernel.Argument(Y, LoweredKernel.Role.OUTPUT)),
                List.of(),
                List.of(new LoweredKernel.Phase("f", extent, 0, LoweredKernel.Launch.NONE, Simplifier.simplify(legal))),
                List.of());
        String march = target.contains("v2") ? "-march=x86-64-v2" : "-march=native";
        Path library = new HostCompiler(directory)
                .compile(CPrinter.print(kernel, Dialect.C), "-O2", march, "-ffp-contract=off");
        float[] y = new float[COUNT];
        assertThat(HostCompiler.call(library, "f", COUNT / lanes, 0, samples(), y))
                .isZero();
        return y;
    }

    @ParameterizedTest
    @CsvSource({"4, cpu:x86-64-v2", "8, cpu:x86-64-v3", "16, cpu:x86-64-v4"})
    void compiledVectorsAgree(int lanes, String target, @TempDir Path directory) throws Exception {
        Expr.Var outer = Expr.Var.index("o");
        Expr.Var lane = Expr.Var.index("l");
        Expr x = x(add(mul(outer, lanes), lane));
        float[] bytes = compiled(outer, lane, lanes, quantized(x, 42.5, 3), target, directory);
        float[] limited = compiled(outer, lane, lanes, clamped(x, -0.0, 6), target, directory);
        float[] samples = samples();
        for (int i = 0; i < COUNT; i++) {
            float relu = Math.max(Math.min(samples[i], 6), 0f);
            float quantized = Math.max(Math.min((float) Math.rint(relu * 42.5f) + 3, 255), 0);
            assertThat(bytes[i]).as("quantised %s", samples[i]).isEqualTo((float) (int) quantized);
            float relu6 = Math.max(Math.min(samples[i], 6f), -0f);
            assertThat(Float.floatToIntBits(limited[i]))
                    .as("limited %s", samples[i])
                    .isEqualTo(Float.floatToIntBits(relu6));
        }
    }
}
