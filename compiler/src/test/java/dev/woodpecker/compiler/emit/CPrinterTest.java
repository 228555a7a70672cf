package dev.woodpecker.compiler.emit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.woodpecker.compiler.Golden;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Loop.Binding;
import dev.woodpecker.compiler.ir.Loop.Carrier;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Simplifier;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.lower.FlattenIndices;
import dev.woodpecker.compiler.lower.HoistInvariants;
import dev.woodpecker.compiler.lower.LegalizeMath;
import dev.woodpecker.compiler.lower.LegalizeTypes;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.compiler.lower.PlanScratch;
import dev.woodpecker.compiler.lower.ScalarizeRegisters;
import dev.woodpecker.compiler.lower.Unroll;
import dev.woodpecker.compiler.lower.Vectorize;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CPrinterTest {
    private static final Target CPU = Target.parse("cpu:x86-64-v3");
    private static final Target GPU = Target.parse("cuda:sm_80");

    private static Expr.Var v(String name) {
        return Expr.Var.index(name);
    }

    private static Expr f(double value) {
        return new Expr.FloatConst(value, DType.F32);
    }

    private static Expr add(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.ADD, a, b);
    }

    private static Expr mul(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.MUL, a, b);
    }

    /** {@code outer * factor + inner}. */
    private static Expr split(String outer, long factor, String inner) {
        return add(mul(v(outer), Expr.index(factor)), v(inner));
    }

    private static Buffer buffer(String name, Scope scope, long... shape) {
        List<Expr> extents = Arrays.stream(shape).<Expr>mapToObj(Expr::index).toList();
        return Buffer.rowMajor(name, DType.F32, extents, scope);
    }

    private static Expr load(Buffer buffer, Expr... indices) {
        return new Expr.Load(buffer, List.of(indices));
    }

    private static Stmt store(int line, Buffer buffer, Expr value, Expr... indices) {
        return new Stmt.Store(buffer, List.of(indices), value, new Origin("Sample.java", line, 9));
    }

    private static Stmt loop(Binding binding, String name, long extent, Stmt body) {
        return new Stmt.For(
                new Loop(v(name), Expr.index(extent), binding, Carrier.SPATIAL, Optional.empty(), Origin.NONE), body);
    }

    private static LoweredKernel kernel(
            String name, Target target, LoweredKernel.Launch launch, Stmt body, Buffer... buffers) {
        Stmt s = FlattenIndices.apply(body);
        s = ScalarizeRegisters.apply(Unroll.apply(Vectorize.apply(s, target)));
        s = LegalizeTypes.apply(LegalizeMath.apply(Simplifier.simplify(s), Numerics.STRICT), target);
        s = HoistInvariants.apply(Simplifier.simplify(s));
        List<LoweredKernel.Argument> arguments = new ArrayList<>();
        for (Buffer b : buffers) {
            boolean output = b == buffers[buffers.length - 1];
            arguments.add(new LoweredKernel.Argument(b, output ? Role.OUTPUT : Role.INPUT));
        }
        Expr extent = s instanceof Stmt.For outer ? outer.loop().extent() : Expr.index(1);
        LoweredKernel.Phase phase = new LoweredKernel.Phase(name, extent, PlanScratch.bytes(s), launch, s);
        return new LoweredKernel(name, target, Numerics.FP32, arguments, List.of(), List.of(phase), List.of());
    }

    private static float[] random(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static void assertClose(float[] actual, float[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i])
                    .as("element %d", i)
                    .isCloseTo(expected[i], within(1e-5f * Math.max(1, Math.abs(expected[i]))));
        }
    }

    // ---- Relu: one vector operation

    private static LoweredKernel relu() {
        Buffer x = buffer("x", Scope.GLOBAL, 64, 24);
        Buffer y = buffer("y", Scope.GLOBAL, 64, 24);
        Expr j = split("j.o", 8, "j.i");
        Stmt body = store(7, y, new Expr.Binary(BinaryOp.MAX, load(x, v("i"), j), f(0)), v("i"), j);
        Stmt loops =
                loop(Binding.PARALLEL, "i", 64, loop(Binding.SERIAL, "j.o", 3, loop(Binding.VECTOR, "j.i", 8, body)));
        return kernel("relu", CPU, LoweredKernel.Launch.NONE, loops, x, y);
    }

    @Test
    void reluPrints() {
        Golden.check("emit/relu.c", CPrinter.print(relu(), Dialect.C));
    }

    @Test
    void reluKeepsNaNAndMakesZerosPositive(@TempDir Path directory) throws Exception {
        float[] x = random(64 * 24, 1);
        x[5] = Float.NaN;
        x[6] = -0f;
        float[] y = new float[x.length];
        Path library =
                new HostCompiler(directory).compile(CPrinter.print(relu(), Dialect.C), "-O2", "-march=x86-64-v3");
        assertThat(HostCompiler.call(library, "relu", 64, 0, x, y)).isZero();
        for (int i = 0; i < x.length; i++) {
            assertThat(y[i]).isEqualTo(Float.valueOf(Math.max(x[i], 0)));
        }
    }

    // ---- Matmul: a register tile of 4 rows by 2 vectors

    private static LoweredKernel matmul() {
        Buffer a = buffer("a", Scope.GLOBAL, 20, 30);
        Buffer b = buffer("b", Scope.GLOBAL, 30, 32);
        Buffer c = buffer("c", Scope.GLOBAL, 20, 32);
        Buffer acc = buffer("acc", Scope.REGISTER, 4, 2, 8);
        Expr i = split("i.o", 4, "i.i");
        Expr j = add(mul(split("j.o", 2, "j.m"), Expr.index(8)), v("j.i"));
        Expr[] at = {v("i.i"), v("j.m"), v("j.i")};
        Expr sum = add(load(acc, at), mul(load(a, i, v("k")), load(b, v("k"), j)));
        Stmt init = tile(store(3, acc, f(0), at));
        Stmt update = loop(Binding.SERIAL, "k", 30, tile(store(4, acc, sum, at)));
        Stmt finish = tile(store(3, c, load(acc, at), i, j));
        Stmt tile = new Stmt.Allocate(acc, Stmt.seq(init, update, finish));
        Stmt loops = loop(Binding.PARALLEL, "i.o", 5, loop(Binding.SERIAL, "j.o", 2, tile));
        return kernel("matmul", CPU, LoweredKernel.Launch.NONE, loops, a, b, c);
    }

    private static Stmt tile(Stmt leaf) {
        return loop(Binding.UNROLL, "i.i", 4, loop(Binding.UNROLL, "j.m", 2, loop(Binding.VECTOR, "j.i", 8, leaf)));
    }

    private static float[] product(float[] a, float[] b) {
        float[] c = new float[20 * 32];
        for (int i = 0; i < 20; i++) {
            for (int j = 0; j < 32; j++) {
                for (int k = 0; k < 30; k++) {
                    c[i * 32 + j] += a[i * 30 + k] * b[k * 32 + j];
                }
            }
        }
        return c;
    }

    @Test
    void aTiledMatmulPrints() {
        Golden.check("emit/matmul.c", CPrinter.print(matmul(), Dialect.C));
    }

    @Test
    void aTiledMatmulMultiplies(@TempDir Path directory) throws Exception {
        float[] a = random(20 * 30, 2);
        float[] b = random(30 * 32, 3);
        float[] c = new float[20 * 32];
        Path library = new HostCompiler(directory)
                .compile(CPrinter.print(matmul(), Dialect.C), "-O2", "-march=x86-64-v3", "-ffp-contract=fast");
        assertThat(HostCompiler.call(library, "matmul", 5, 0, a, b, c)).isZero();
        assertClose(c, product(a, b));
    }

    // ---- Softmax of rows: reductions, functions, scratch memory

    private static LoweredKernel softmax() {
        Buffer x = buffer("x", Scope.GLOBAL, 6, 5000);
        Buffer y = buffer("y", Scope.GLOBAL, 6, 5000);
        Buffer top = buffer("top", Scope.REGISTER);
        Buffer sum = buffer("sum", Scope.REGISTER);
        Buffer row = buffer("row", Scope.SHARED, 5000);
        Expr j = split("j.o", 8, "j.i");
        Stmt most = store(3, top, new Expr.Binary(BinaryOp.MAX, load(top), load(x, v("i"), j)));
        Expr power =
                new Expr.Call(MathFunction.EXP, List.of(new Expr.Binary(BinaryOp.SUB, load(x, v("i"), j), load(top))));
        Stmt rows = Stmt.seq(
                store(3, top, f(Double.NEGATIVE_INFINITY)),
                blocks(Carrier.REDUCTION, most),
                blocks(Carrier.SPATIAL, store(4, row, power, j)),
                store(4, sum, f(0)),
                blocks(Carrier.REDUCTION, store(4, sum, add(load(sum), load(row, j)))),
                blocks(
                        Carrier.SPATIAL,
                        store(5, y, new Expr.Binary(BinaryOp.DIV, load(row, j), load(sum)), v("i"), j)));
        Stmt body = new Stmt.Allocate(row, new Stmt.Allocate(top, new Stmt.Allocate(sum, rows)));
        return kernel("softmax", CPU, LoweredKernel.Launch.NONE, loop(Binding.PARALLEL, "i", 6, body), x, y);
    }

    private static Stmt blocks(Carrier carrier, Stmt body) {
        Loop lanes = new Loop(v("j.i"), Expr.index(8), Binding.VECTOR, carrier, Optional.empty(), Origin.NONE);
        Loop outer = new Loop(v("j.o"), Expr.index(625), Binding.SERIAL, carrier, Optional.empty(), Origin.NONE);
        return new Stmt.For(outer, new Stmt.For(lanes, body));
    }

    @Test
    void softmaxPrints() {
        Golden.check("emit/softmax.c", CPrinter.print(softmax(), Dialect.C));
    }

    @Test
    void softmaxSumsToOne(@TempDir Path directory) throws Exception {
        LoweredKernel kernel = softmax();
        float[] x = random(6 * 5000, 4);
        float[] y = new float[x.length];
        Path library = new HostCompiler(directory)
                .compile(CPrinter.print(kernel, Dialect.C), "-O2", "-march=x86-64-v3", "-ffp-contract=fast");
        long scratch = kernel.phases().getFirst().scratchBytes();
        assertThat(scratch).isGreaterThanOrEqualTo(20000);
        assertThat(HostCompiler.call(library, "softmax", 6, scratch, x, y)).isZero();
        float[] expected = new float[x.length];
        for (int i = 0; i < 6; i++) {
            double sum = 0;
            for (int j = 0; j < 5000; j++) {
                sum += Math.exp(x[i * 5000 + j]);
            }
            for (int j = 0; j < 5000; j++) {
                expected[i * 5000 + j] = (float) (Math.exp(x[i * 5000 + j]) / sum);
            }
        }
        assertClose(y, expected);
    }

    // ---- Several kernels, checks, names

    @Test
    void aFailedCheckIsTheResult(@TempDir Path directory) throws Exception {
        Buffer x = buffer("for", Scope.GLOBAL, 8);
        Buffer y = buffer("end", Scope.GLOBAL, 8);
        Stmt body = Stmt.seq(
                new Stmt.Check(new Expr.Binary(BinaryOp.LT, load(x, v("i")), f(5)), 3, "too large"),
                store(1, y, load(x, v("i")), v("i")));
        LoweredKernel kernel =
                kernel("checked", CPU, LoweredKernel.Launch.NONE, loop(Binding.PARALLEL, "i", 8, body), x, y);
        Path library = new HostCompiler(directory).compile(CPrinter.print(kernel, Dialect.C), "-O1");
        float[] out = new float[8];
        assertThat(HostCompiler.call(library, "checked", 8, 0, new float[] {1, 2, 3, 4, 4, 4, 4, 4}, out))
                .isZero();
        assertThat(HostCompiler.call(library, "checked", 8, 0, new float[] {1, 2, 3, 7, 4, 4, 4, 4}, out))
                .isEqualTo(3);
    }

    @Test
    void kernelsOfOneSourceShareTypesAndFunctions() {
        String text = CPrinter.print(List.of(relu(), matmul()), Dialect.C);
        assertThat(text).containsOnlyOnce("typedef float f32x8 ").containsOnlyOnce("f32x8 load_f32x8(");
        assertThat(text).contains("int32_t relu(").contains("int32_t matmul(");
        assertThat(CPrinter.print(List.of(relu(), matmul()), Dialect.C)).isEqualTo(text);
    }

    // ---- CUDA

    @Test
    void aTransposeThroughSharedMemoryPrintsForCuda() {
        Buffer x = buffer("x", Scope.GLOBAL, 512, 512);
        Buffer y = buffer("y", Scope.GLOBAL, 512, 512);
        Buffer tile = buffer("tile", Scope.SHARED, 32, 33);
        Expr i = split("i.o", 32, "ty");
        Expr j = split("j.o", 32, "tx");
        Stmt fill = store(2, tile, load(x, i, j), v("ty"), v("tx"));
        Expr toI = split("j.o", 32, "uy");
        Expr toJ = split("i.o", 32, "ux");
        Stmt drain = store(2, y, load(tile, v("ux"), v("uy")), toI, toJ);
        Stmt body = new Stmt.Allocate(
                tile,
                Stmt.seq(
                        loop(Binding.THREAD_Y, "ty", 32, loop(Binding.THREAD_X, "tx", 32, fill)),
                        new Stmt.Barrier(),
                        loop(Binding.THREAD_Y, "uy", 32, loop(Binding.THREAD_X, "ux", 32, drain))));
        Stmt loops = loop(Binding.BLOCK_Y, "i.o", 16, loop(Binding.BLOCK_X, "j.o", 16, body));
        LoweredKernel.Launch launch =
                new LoweredKernel.Launch(List.of(Expr.index(16), Expr.index(16), Expr.index(1)), List.of(32, 32, 1), 0);
        String text = CPrinter.print(kernel("transpose", GPU, launch, loops, x, y), Dialect.CUDA.withPrelude(""));
        Golden.check("emit/transpose.cu", text);
    }
}
