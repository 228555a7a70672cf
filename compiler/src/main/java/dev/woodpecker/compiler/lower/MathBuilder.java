package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.BinaryOp;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.MathFunction;
import dev.woodpecker.compiler.ir.Table;
import dev.woodpecker.compiler.ir.UnaryOp;
import java.util.List;

/** Builds arithmetic of one float type, and the integers of its size, on all lanes of a value. */
record MathBuilder(DType type, int lanes, boolean strict, Temporaries temporaries) {
    Expr constant(double value) {
        return spread(new Expr.FloatConst(value, type));
    }

    /** The signed integer type of the float's size. */
    DType bitsType() {
        return type == DType.F64 ? DType.I64 : DType.I32;
    }

    Expr integer(long value) {
        return spread(new Expr.IntConst(value, bitsType()));
    }

    private Expr spread(Expr scalar) {
        return lanes == 1 ? scalar : new Expr.Broadcast(scalar, lanes);
    }

    /** Names a value that is used more than once. */
    Expr let(String name, Expr value) {
        return temporaries.bind(name, value);
    }

    Expr add(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.ADD, a, b);
    }

    Expr sub(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.SUB, a, b);
    }

    Expr mul(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.MUL, a, b);
    }

    Expr div(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.DIV, a, b);
    }

    Expr add(Expr a, double b) {
        return add(a, constant(b));
    }

    Expr sub(Expr a, double b) {
        return sub(a, constant(b));
    }

    Expr mul(Expr a, double b) {
        return mul(a, constant(b));
    }

    Expr negate(Expr a) {
        return new Expr.Unary(UnaryOp.NEG, a);
    }

    Expr sqrt(Expr a) {
        return new Expr.Call(MathFunction.SQRT, List.of(a));
    }

    Expr abs(Expr a) {
        return new Expr.Call(MathFunction.ABS, List.of(a));
    }

    Expr trunc(Expr a) {
        return new Expr.Call(MathFunction.TRUNC, List.of(a));
    }

    Expr less(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.LT, a, b);
    }

    Expr less(Expr a, double b) {
        return less(a, constant(b));
    }

    Expr lessOrEqual(Expr a, double b) {
        return new Expr.Binary(BinaryOp.LE, a, constant(b));
    }

    Expr greater(Expr a, double b) {
        return new Expr.Binary(BinaryOp.GT, a, constant(b));
    }

    Expr equal(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.EQ, a, b);
    }

    Expr equal(Expr a, double b) {
        return equal(a, constant(b));
    }

    Expr and(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.AND, a, b);
    }

    Expr or(Expr a, Expr b) {
        return new Expr.Binary(BinaryOp.OR, a, b);
    }

    Expr not(Expr a) {
        return new Expr.Unary(UnaryOp.NOT, a);
    }

    Expr isNaN(Expr a) {
        return new Expr.Binary(BinaryOp.NE, a, a);
    }

    Expr select(Expr condition, Expr whenTrue, Expr whenFalse) {
        return new Expr.Select(condition, whenTrue, whenFalse);
    }

    /** {@code c[0] + x * (c[1] + x * (c[2] + ...))}. */
    Expr polynomial(Expr x, double... coefficients) {
        Expr sum = constant(coefficients[coefficients.length - 1]);
        for (int i = coefficients.length - 2; i >= 0; i--) {
            sum = add(mul(sum, x), coefficients[i]);
        }
        return sum;
    }

    Expr bits(Expr a) {
        return new Expr.Bitcast(bitsType(), a);
    }

    Expr ofBits(Expr a) {
        return new Expr.Bitcast(type, a);
    }

    Expr toFloat(Expr integer) {
        return new Expr.Cast(type, integer);
    }

    Expr shiftLeft(Expr a, int distance) {
        return new Expr.Binary(BinaryOp.SHL, a, integer(distance));
    }

    Expr shiftRight(Expr a, int distance) {
        return new Expr.Binary(BinaryOp.SHR, a, integer(distance));
    }

    private long signBit() {
        return type == DType.F64 ? Long.MIN_VALUE : Integer.MIN_VALUE;
    }

    /** {@code magnitude}, which has no sign, with the sign of {@code sign}. */
    Expr withSign(Expr magnitude, Expr sign) {
        return ofBits(or(bits(magnitude), and(bits(sign), integer(signBit()))));
    }

    /** Whether the sign bit is set; of zeros and NaN too. */
    Expr isNegative(Expr a) {
        return new Expr.Binary(BinaryOp.LT, bits(a), integer(0));
    }

    /** Bits of the significand after the point. */
    int significandBits() {
        return type == DType.F64 ? 52 : 23;
    }

    int exponentBias() {
        return type == DType.F64 ? 1023 : 127;
    }

    /** 1.5 times two to the significand's bits: adding it leaves the nearest integer in the low bits. */
    double roundingConstant() {
        return 0x1.8p0 * Math.scalb(1.0, significandBits());
    }

    /** {@code value * 2^exponent} for an integer exponent twice as large as that of a normal number, rounded once. */
    Expr scaled(Expr value, Expr exponent) {
        Expr half = let("half", shiftRight(exponent, 1));
        return mul(mul(value, powerOfTwo(half)), powerOfTwo(sub(exponent, half)));
    }

    /** 2 to the power of an integer in the range of normal numbers. */
    Expr powerOfTwo(Expr exponent) {
        return ofBits(shiftLeft(add(exponent, integer(exponentBias())), significandBits()));
    }

    Expr entry(Table table, Expr index) {
        return new Expr.TableEntry(table, List.of(index));
    }
}
