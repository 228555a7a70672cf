package dev.woodpecker.compiler.ir;

import java.util.Locale;

/** What a reduction does; its neutral element is {@link #identity}. */
public enum ReduceOp {
    SUM(BinaryOp.ADD),
    PROD(BinaryOp.MUL),
    MAX(BinaryOp.MAX),
    MIN(BinaryOp.MIN),
    /** Logical or of {@code BOOL}. */
    ANY(BinaryOp.OR),
    /** Logical and of {@code BOOL}. */
    ALL(BinaryOp.AND);

    private final BinaryOp combine;

    ReduceOp(BinaryOp combine) {
        this.combine = combine;
    }

    public BinaryOp combine() {
        return combine;
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The value that leaves every element of {@code type} unchanged under {@link #combine}. */
    public Expr identity(DType type) {
        return switch (this) {
            case SUM -> Expr.zero(type);
            case PROD -> type.isFloat() ? new Expr.FloatConst(1, type) : new Expr.IntConst(1, type);
            case MAX ->
                type.isFloat()
                        ? new Expr.FloatConst(Double.NEGATIVE_INFINITY, type)
                        : new Expr.IntConst(least(type), type);
            case MIN ->
                type.isFloat()
                        ? new Expr.FloatConst(Double.POSITIVE_INFINITY, type)
                        : new Expr.IntConst(greatest(type), type);
            case ANY -> Expr.FALSE;
            case ALL -> Expr.TRUE;
        };
    }

    private static long least(DType type) {
        return type.kind() == DType.Kind.SIGNED ? -1L << (8 * type.bytes() - 1) : 0;
    }

    /** For {@code U64} the bit pattern of its greatest value, -1. */
    private static long greatest(DType type) {
        int bits = 8 * type.bytes();
        return switch (type.kind()) {
            case BOOL -> 1;
            case SIGNED -> ~least(type);
            case UNSIGNED -> bits == 64 ? -1L : (1L << bits) - 1;
            case FLOAT -> throw new IllegalArgumentException(type.text());
        };
    }
}
