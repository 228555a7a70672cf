package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Loop;
import dev.woodpecker.compiler.ir.Loop.Binding;
import dev.woodpecker.compiler.ir.Loop.Carrier;
import dev.woodpecker.compiler.ir.Origin;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Short names for building loop trees in tests of single passes. */
final class Loops {
    private Loops() {}

    static Expr.Var v(String name) {
        return Expr.Var.index(name);
    }

    static Expr c(long value) {
        return Expr.index(value);
    }

    static Expr f(double value) {
        return new Expr.FloatConst(value, DType.F32);
    }

    static Expr op(BinaryOp op, Expr a, Expr b) {
        return new Expr.Binary(op, a, b);
    }

    static Expr add(Expr a, Expr b) {
        return op(BinaryOp.ADD, a, b);
    }

    static Expr mul(Expr a, Expr b) {
        return op(BinaryOp.MUL, a, b);
    }

    static Expr mul(Expr a, long b) {
        return mul(a, c(b));
    }

    static Expr less(Expr a, long b) {
        return op(BinaryOp.LT, a, c(b));
    }

    static Expr load(Buffer buffer, Expr... indices) {
        return new Expr.Load(buffer, List.of(indices));
    }

    static Stmt store(Buffer buffer, Expr value, Expr... indices) {
        return new Stmt.Store(buffer, List.of(indices), value, Origin.NONE);
    }

    static Stmt when(Expr condition, Stmt then) {
        return new Stmt.If(condition, then, Optional.empty());
    }

    static Stmt loop(Binding binding, Carrier carrier, String name, long extent, Stmt body) {
        return new Stmt.For(new Loop(v(name), c(extent), binding, carrier, Optional.empty(), Origin.NONE), body);
    }

    static Stmt serial(String name, long extent, Stmt body) {
        return loop(Binding.SERIAL, Carrier.SPATIAL, name, extent, body);
    }

    static Stmt reduce(String name, long extent, Stmt body) {
        return loop(Binding.SERIAL, Carrier.REDUCTION, name, extent, body);
    }

    static Stmt vector(String name, long extent, Stmt body) {
        return loop(Binding.VECTOR, Carrier.SPATIAL, name, extent, body);
    }

    static Stmt unroll(String name, long extent, Stmt body) {
        return loop(Binding.UNROLL, Carrier.SPATIAL, name, extent, body);
    }

    static Stmt parallel(String name, long extent, Stmt body) {
        return loop(Binding.PARALLEL, Carrier.SPATIAL, name, extent, body);
    }

    static Buffer global(String name, DType type, long... shape) {
        return Buffer.rowMajor(name, type, extents(shape), Scope.GLOBAL);
    }

    static Buffer global(String name, LayoutMap layout, long... shape) {
        return global(name, DType.F32, shape).withLayout(layout);
    }

    static Buffer register(String name, long... shape) {
        return Buffer.rowMajor(name, DType.F32, extents(shape), Scope.REGISTER);
    }

    private static List<Expr> extents(long... shape) {
        return Arrays.stream(shape).<Expr>mapToObj(Expr::index).toList();
    }
}
