package dev.woodpecker.compiler;

import dev.woodpecker.compiler.ir.Axis;
import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.ArrayList;
import java.util.List;

/** Short forms of statements, for trees that tests build by hand. */
public final class TestTrees {
    private TestTrees() {}

    public static Stmt loop(Expr.Var variable, int extent, Loop.Binding binding, Stmt body) {
        Axis axis = new Axis(variable, Expr.index(extent));
        return new Stmt.For(Loop.serial(axis, Loop.Carrier.SPATIAL, Origin.NONE).withBinding(binding), body);
    }

    public static Stmt store(Buffer buffer, Expr index, Expr value) {
        return new Stmt.Store(buffer, List.of(index), value, Origin.NONE);
    }

    public static Expr load(Buffer buffer, Expr... indices) {
        return new Expr.Load(buffer, List.of(indices));
    }

    public static Expr add(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.ADD, a, b);
    }

    public static Expr sub(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.SUB, a, b);
    }

    public static Expr mul(Expr a, long b) {
        return new Expr.Binary(BinaryOp.MUL, a, Expr.index(b));
    }

    public static Expr less(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.LT, a, b);
    }

    public static Expr f32(double value) {
        return new Expr.FloatConst(value, DType.F32);
    }

    public static Buffer buffer(String name, Scope scope, int... shape) {
        return Buffer.rowMajor(name, DType.F32, extents(shape), scope);
    }

    public static List<Expr> extents(int... shape) {
        List<Expr> extents = new ArrayList<>();
        for (int extent : shape) {
            extents.add(Expr.index(extent));
        }
        return extents;
    }

    /** A kernel {@code k} of one phase from {@code input} to {@code output}, launched with {@code threads} a block in x. */
    public static LoweredKernel kernel(Buffer input, Buffer output, Stmt body, Target target, int threads) {
        LoweredKernel.Launch launch = new LoweredKernel.Launch(
                List.of(Expr.index(1), Expr.index(1), Expr.index(1)), List.of(threads, 1, 1), 0);
        return new LoweredKernel(
                "k",
                target,
                Numerics.STRICT,
                List.of(
                        new LoweredKernel.Argument(input, LoweredKernel.Role.INPUT),
                        new LoweredKernel.Argument(output, LoweredKernel.Role.OUTPUT)),
                List.of(),
                List.of(new LoweredKernel.Phase("k", Expr.index(1), 0, launch, body)),
                List.of("a check"));
    }
}
