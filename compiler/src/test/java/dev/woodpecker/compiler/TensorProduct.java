package dev.woodpecker.compiler;

import dev.woodpecker.compiler.expr.KernelSpec;
import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.ReduceOp;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stage;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.ir.TensorProgram.Declaration;
import dev.woodpecker.compiler.schedule.Bind;
import dev.woodpecker.compiler.schedule.CacheRead;
import dev.woodpecker.compiler.schedule.Factor;
import dev.woodpecker.compiler.schedule.Fuse;
import dev.woodpecker.compiler.schedule.Pipeline;
import dev.woodpecker.compiler.schedule.Reorder;
import dev.woodpecker.compiler.schedule.Split;
import dev.woodpecker.compiler.schedule.Step;
import dev.woodpecker.compiler.schedule.Tail;
import dev.woodpecker.compiler.schedule.Tensorize;
import dev.woodpecker.compiler.schedule.Trace;
import dev.woodpecker.compiler.schedule.Unroll;
import dev.woodpecker.compiler.schedule.Vectorize;
import dev.woodpecker.compiler.target.Intrinsics;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A matrix product for tensor cores: {@code y[m, n] = sum over k of a[m, k] * b[n, k] + bias[n]}. */
public final class TensorProduct {
    /** Rows and columns end within a tile, and so does the depth. */
    public static final int M = 19;

    public static final int N = 13;
    public static final int K = 40;

    public static final String PRODUCT = Intrinsics.MMA_M16N8K16_F32_F16.name();

    private static final Origin SOURCE = new Origin("Product.java", 7, 12);

    private TensorProduct() {}

    /** a: f16[m, k]; b: f16[n, k]; bias: f32[n]; y: f32[m, n]. */
    public static TensorProgram program(int m, int n, int k) {
        Expr product = new Expr.Binary(BinaryOp.MUL, widened("a", v("m"), v("k")), widened("b", v("n"), v("k")));
        Expr element = new Expr.Binary(BinaryOp.ADD, new Expr.Accumulator(DType.F32), read("bias", DType.F32, v("n")));
        Stage y = new Stage(
                "y",
                DType.F32,
                List.of(axis("m", m), axis("n", n)),
                Optional.of(new Stage.Reduction(ReduceOp.SUM, DType.F32, List.of(axis("k", k)), product)),
                element,
                SOURCE);
        return new TensorProgram(
                "tensor_product",
                List.of(input("a", DType.F16, m, k), input("b", DType.F16, n, k), input("bias", DType.F32, n)),
                List.of(y),
                List.of("y"));
    }

    /** The same as it is written in the kernel language, for inputs of any float type. */
    public static final KernelSpec KERNEL = TestKernels.tensor("""
        input Tensor a
        input Tensor b
        input Tensor bias
        """, """
        tensor(m < a.size(0), n < b.size(0)) { sum(k < a.size(1)) { a[m, k] * b[n, k] } + bias[n] }
        """);

    /** Tiles of 16 x 8 results, each a block of one warp. */
    public static List<Step> tiles(String output) {
        return List.of(
                new Split("m", Factor.of(16), Tail.GUARD),
                new Split("n", Factor.of(8), Tail.GUARD),
                new Split("k", Factor.of(16), Tail.GUARD),
                new Reorder(List.of("m.o", "n.o", "k.o", "m.i", "n.i", "k.i")),
                new Bind("m.o", Loop.Binding.BLOCK_Y),
                new Bind("n.o", Loop.Binding.BLOCK_X),
                new CacheRead("a", output, Optional.of("k.o"), Scope.SHARED),
                new CacheRead("b", output, Optional.of("k.o"), Scope.SHARED));
    }

    /** Each thread copies 16 bytes of a row of a tile of {@code tensor} at once. */
    public static List<Step> copies(String tensor) {
        String rows = tensor + ".cache.a0";
        String columns = tensor + ".cache.a1";
        return List.of(
                new Split(columns, Factor.of(8), Tail.EXACT),
                new Fuse(rows, columns + ".o"),
                new Bind(rows + "_" + columns + ".o", Loop.Binding.THREAD_X),
                new Vectorize(columns + ".i"));
    }

    /** The whole schedule, with copies that run one iteration ahead. */
    public static Trace trace(String output) {
        List<Step> steps = new ArrayList<>(tiles(output));
        steps.addAll(copies("a"));
        steps.addAll(copies("b"));
        steps.add(new Tensorize("m.i", PRODUCT));
        steps.add(new Pipeline("k.o", Factor.of(2)));
        return Trace.of("tensor core", steps);
    }

    /** Two warps a block, each with two tiles side by side. */
    public static Trace wideTrace(String output) {
        List<Step> steps = new ArrayList<>(List.of(
                new Split("m", Factor.of(32), Tail.GUARD),
                new Split("m.i", Factor.of(16), Tail.GUARD),
                new Split("n", Factor.of(16), Tail.GUARD),
                new Split("n.i", Factor.of(8), Tail.GUARD),
                new Split("k", Factor.of(16), Tail.GUARD),
                new Reorder(List.of("m.o", "n.o", "m.i.o", "k.o", "n.i.o", "m.i.i", "n.i.i", "k.i")),
                new Bind("m.o", Loop.Binding.BLOCK_Y),
                new Bind("n.o", Loop.Binding.BLOCK_X),
                new Bind("m.i.o", Loop.Binding.THREAD_Y),
                new Unroll("n.i.o"),
                new CacheRead("a", output, Optional.of("k.o"), Scope.SHARED),
                new CacheRead("b", output, Optional.of("k.o"), Scope.SHARED)));
        for (String tensor : List.of("a", "b")) {
            String rows = tensor + ".cache.a0";
            String columns = tensor + ".cache.a1";
            String pieces = rows + "_" + columns + ".o";
            steps.add(new Split(columns, Factor.of(8), Tail.EXACT));
            steps.add(new Fuse(rows, columns + ".o"));
            steps.add(new Split(pieces, Factor.of(32), Tail.EXACT));
            steps.add(new Bind(pieces + ".o", Loop.Binding.THREAD_Y));
            steps.add(new Bind(pieces + ".i", Loop.Binding.THREAD_X));
            steps.add(new Vectorize(columns + ".i"));
        }
        steps.add(new Tensorize("m.i.i", PRODUCT));
        steps.add(new Pipeline("k.o", Factor.of(3)));
        return Trace.of("tensor core, two warps", steps);
    }

    private static Expr widened(String tensor, Expr... at) {
        return new Expr.Cast(DType.F32, read(tensor, DType.F16, at));
    }

    private static Expr read(String tensor, DType type, Expr... at) {
        return new Expr.Read(tensor, type, List.of(at), Optional.empty(), SOURCE);
    }

    private static Declaration input(String name, DType type, int... shape) {
        return new Declaration(name, type, TestTrees.extents(shape));
    }

    private static Axis axis(String name, int extent) {
        return new Axis(name, Expr.index(extent));
    }

    private static Expr v(String name) {
        return Expr.Var.index(name);
    }
}
